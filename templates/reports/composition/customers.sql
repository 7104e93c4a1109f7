WITH sale AS (
  SELECT t.dossier, t.amount
  FROM txn AS t
  WHERE t.date BETWEEN :from AND :to
    AND (t.direction IS NULL OR t.direction <> 'buy')
    AND (:department IS NULL OR t.department = :department)
),
sums AS (SELECT dossier, count(*) AS deals, sum(amount) AS amount FROM sale GROUP BY dossier)
SELECT
  row_number() OVER (ORDER BY s.amount DESC, s.dossier) AS place,
  s.dossier AS id,
  coalesce(c.name, s.dossier) AS name,
  s.deals,
  s.amount,
  100.0 * s.amount / nullif((SELECT sum(amount) FROM sums), 0) AS share,
  100.0 * sum(s.amount) OVER (ORDER BY s.amount DESC, s.dossier) / nullif((SELECT sum(amount) FROM sums), 0) AS together
FROM sums AS s
LEFT JOIN customer AS c ON c.id = s.dossier
ORDER BY place
