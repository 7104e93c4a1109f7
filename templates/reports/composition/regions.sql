WITH sale AS (
  SELECT c.region AS what, t.dossier, t.amount
  FROM txn AS t
  LEFT JOIN customer AS c ON c.id = t.dossier
  WHERE t.date BETWEEN :from AND :to
    AND (t.direction IS NULL OR t.direction <> 'buy')
    AND (:department IS NULL OR t.department = :department)
)
SELECT
  what AS region,
  count(DISTINCT dossier) AS buyers,
  count(*) AS deals,
  sum(amount) AS amount,
  100.0 * sum(amount) / nullif((SELECT sum(amount) FROM sale), 0) AS share
FROM sale
GROUP BY what
ORDER BY amount DESC, region
