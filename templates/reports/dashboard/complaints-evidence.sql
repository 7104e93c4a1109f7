SELECT category, root_cause, 'complaint' AS record_kind, id AS record, 1 AS received, 1 AS complaints,
  state <> 'closed' AS open,
  julianday(solved_at_on) - julianday(received_at_on) AS days
FROM complaint
WHERE received_at_on BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
  AND (:department IS NULL OR department = :department)
