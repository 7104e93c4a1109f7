SELECT root_cause, category, cause, 'complaint' AS record_kind, id AS record, 1 AS complaints,
  row_number() OVER (PARTITION BY category, cause, dossier ORDER BY id) = 1 AS customers,
  measures IS NOT NULL AS with_measures,
  satisfaction IN ('dissatisfied', 'very_dissatisfied') AS dissatisfied,
  coalesce(registered_at_on, entered_on) = received_at_on AS same_day,
  solved_at_on IS NOT NULL AS solved,
  julianday(solved_at_on) - julianday(received_at_on) AS days_to_solve,
  julianday(told_at_on) - julianday(received_at_on) AS days_to_tell
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
