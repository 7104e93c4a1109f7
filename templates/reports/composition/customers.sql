WITH sums AS (
  SELECT dossier, name, count(*) AS deals, sum(amount) AS amount
  FROM sale WHERE date BETWEEN :from AND :to GROUP BY dossier
)
SELECT
  row_number() OVER (ORDER BY amount DESC, dossier) AS place,
  dossier AS id,
  name,
  deals,
  amount,
  100.0 * amount / nullif((SELECT sum(amount) FROM sums), 0) AS share,
  100.0 * sum(amount) OVER (ORDER BY amount DESC, dossier) / nullif((SELECT sum(amount) FROM sums), 0) AS together
FROM sums
ORDER BY place
