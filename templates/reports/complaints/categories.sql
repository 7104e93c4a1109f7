SELECT
  category,
  count(*) AS received,
  sum(state <> 'closed') AS open,
  sum(state = 'closed') AS closed,
  100.0 * sum(state = 'closed') / count(*) AS closed_share,
  round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days_to_solve,
  sum(satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied,
  sum(satisfaction IN ('dissatisfied', 'very_dissatisfied')) AS dissatisfied
FROM complaint
WHERE received_at_on BETWEEN :from AND :to
  AND (:department IS NULL OR department = :department)
GROUP BY category
ORDER BY received DESC, category
