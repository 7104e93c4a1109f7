SELECT
  substr(date, 1, 7) AS month,
  count(DISTINCT dossier) AS buyers,
  count(*) AS deals,
  sum(amount) AS amount
FROM sale
WHERE date BETWEEN :from AND :to
GROUP BY month
ORDER BY month
