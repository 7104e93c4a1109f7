SELECT root_cause, count(*) AS complaints
FROM complaint
WHERE received_at_on BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
  AND (:department IS NULL OR department = :department)
GROUP BY root_cause
ORDER BY root_cause IS NULL, complaints DESC, root_cause
LIMIT 6
