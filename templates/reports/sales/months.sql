SELECT
  substr(date, 1, 7) AS month,
  count(DISTINCT dossier) AS buyers,
  count(*) AS deals,
  sum(amount) AS amount
FROM txn
WHERE date BETWEEN :from AND :to
  AND (direction IS NULL OR direction <> 'buy')
  AND (:department IS NULL OR department = :department)
GROUP BY month
ORDER BY month
