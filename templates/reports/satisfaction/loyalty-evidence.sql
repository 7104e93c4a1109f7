WITH bought AS (
  SELECT dossier, count(DISTINCT date) AS days FROM txn
  WHERE date BETWEEN :from AND :to AND coalesce(sample, 0) = 0 AND coalesce(direction, 'sell') <> 'buy' AND (:department IS NULL OR department = :department)
  GROUP BY dossier
)
SELECT 'customer' AS record_kind, dossier AS record, 1 AS buyers, days > 1 AS again, NULL AS before, NULL AS stayed
FROM bought
UNION ALL
SELECT DISTINCT 'customer', dossier, NULL, NULL, 1, dossier IN (SELECT dossier FROM bought)
FROM txn
WHERE date < :from AND coalesce(sample, 0) = 0 AND (:department IS NULL OR department = :department)
