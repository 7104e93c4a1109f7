SELECT
  category,
  count(*) AS received,
  sum(substr(coalesce(registered_at_on, entered_on), 1, 10) = received_at_on) AS kept,
  sum(state <> 'closed') AS open,
  round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days
FROM complaint
WHERE received_at_on BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
  AND (:department IS NULL OR department = :department)
GROUP BY category
ORDER BY received DESC, category
