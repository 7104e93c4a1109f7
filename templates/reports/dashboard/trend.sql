WITH RECURSIVE step (first) AS (
  SELECT date(:as_of, 'start of month', '-11 months') WHERE EXISTS (SELECT 1 FROM sold_in_year)
  UNION ALL
  SELECT date(first, '+1 month') FROM step WHERE first < date(:as_of, 'start of month')
)
SELECT
  substr(step.first, 1, 7) AS month,
  count(DISTINCT s.dossier) AS buyers,
  coalesce(sum(s.amount), 0) AS amount
FROM step
LEFT JOIN sold_in_year AS s ON substr(s.date, 1, 7) = substr(step.first, 1, 7)
GROUP BY month
ORDER BY month
