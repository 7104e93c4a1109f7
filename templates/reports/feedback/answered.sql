WITH said AS (
  SELECT 'feedback' AS what, "on" AS day, answered_on, answer, department FROM feedback
  UNION ALL
  SELECT 'inquiry', received_at_on, answered_at_on, answer, department FROM inquiry
)
SELECT
  what,
  count(*) AS received,
  count(answer) AS answered,
  100.0 * count(answer) / count(*) AS answered_share,
  round(avg(CASE WHEN answer IS NOT NULL THEN julianday(answered_on) - julianday(day) END), 1) AS days
FROM said
WHERE day BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY what
ORDER BY what
