WITH RECURSIVE
part AS (
  SELECT date, dossier, amount FROM sale WHERE date BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
),
step (first) AS (
  SELECT date(:as_of, 'start of month', '-11 months') WHERE EXISTS (SELECT 1 FROM part)
  UNION ALL
  SELECT date(first, '+1 month') FROM step WHERE first < date(:as_of, 'start of month')
)
SELECT
  substr(step.first, 1, 7) AS month,
  count(DISTINCT part.dossier) AS buyers,
  coalesce(sum(part.amount), 0) AS amount
FROM step
LEFT JOIN part ON substr(part.date, 1, 7) = substr(step.first, 1, 7)
GROUP BY month
ORDER BY month
