SELECT
  department,
  grade,
  count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY department) AS share,
  max(seats) AS seats
FROM graded
GROUP BY department, grade
ORDER BY department, customers, grade
