WITH RECURSIVE
sale AS (
  SELECT date, dossier, amount FROM txn
  WHERE date BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
    AND (direction IS NULL OR direction <> 'buy')
    AND (:department IS NULL OR department = :department)
),
step (first) AS (
  SELECT date(:as_of, 'start of month', '-11 months') WHERE EXISTS (SELECT 1 FROM sale)
  UNION ALL
  SELECT date(first, '+1 month') FROM step WHERE first < date(:as_of, 'start of month')
)
SELECT
  substr(step.first, 1, 7) AS month,
  count(DISTINCT sale.dossier) AS buyers,
  coalesce(sum(sale.amount), 0) AS amount
FROM step
LEFT JOIN sale ON substr(sale.date, 1, 7) = substr(step.first, 1, 7)
GROUP BY month
ORDER BY month
