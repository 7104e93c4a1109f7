SELECT category, state, responsible_party, settlement, satisfaction, channel, substr(received_at_on, 1, 7) AS month,
  'complaint' AS record_kind, id AS record,
  1 AS complaints, 1 AS received, state <> 'closed' AS open, state = 'closed' AS closed,
  satisfaction IN ('satisfied', 'very_satisfied') AS satisfied,
  satisfaction IN ('dissatisfied', 'very_dissatisfied') AS dissatisfied,
  (responded_at - received_at) / 3600.0 AS hours_to_answer,
  julianday(solved_at_on) - julianday(received_at_on) AS days_to_solve
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
