WITH held AS (
  SELECT department, grade, count(*) AS customers, max(seats) AS seats FROM graded GROUP BY department, grade
),
wanted AS (
  SELECT department, grade FROM held
  UNION SELECT department, grade FROM grade_target WHERE :department IS NULL OR department = :department
)
SELECT
  w.department,
  w.grade,
  coalesce(h.customers, 0) AS customers,
  100.0 * coalesce(h.customers, 0) / nullif(sum(h.customers) OVER (PARTITION BY w.department), 0) AS share,
  t.cap,
  h.seats,
  t.low,
  t.high,
  CASE
    WHEN t.low IS NULL THEN NULL
    WHEN 100.0 * coalesce(h.customers, 0) / nullif(sum(h.customers) OVER (PARTITION BY w.department), 0) < t.low
      THEN 100.0 * coalesce(h.customers, 0) / nullif(sum(h.customers) OVER (PARTITION BY w.department), 0) - t.low
    WHEN 100.0 * coalesce(h.customers, 0) / nullif(sum(h.customers) OVER (PARTITION BY w.department), 0) > t.high
      THEN 100.0 * coalesce(h.customers, 0) / nullif(sum(h.customers) OVER (PARTITION BY w.department), 0) - t.high
    ELSE 0
  END AS off
FROM wanted AS w
LEFT JOIN held AS h ON h.department = w.department AND h.grade = w.grade
LEFT JOIN grade_target AS t ON t.department = w.department AND t.grade = w.grade
ORDER BY w.department, t.rung IS NULL, t.rung, w.grade
