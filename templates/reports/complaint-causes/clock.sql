SELECT
  category,
  count(*) AS complaints,
  sum(coalesce(registered_at_on, entered_on) = received_at_on) AS same_day,
  count(solved_at_on) AS solved,
  round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days_to_solve,
  round(avg(julianday(told_at_on) - julianday(received_at_on)), 1) AS days_to_tell,
  max(CAST(julianday(coalesce(solved_at_on, :as_of)) - julianday(received_at_on) AS INTEGER)) AS longest
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY category
ORDER BY complaints DESC, category
