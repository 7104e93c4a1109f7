WITH part AS (SELECT * FROM sale WHERE date BETWEEN :from AND :to)
SELECT
  product_kind AS kind,
  count(DISTINCT dossier) AS buyers,
  count(*) AS deals,
  sum(amount) AS amount,
  100.0 * sum(amount) / nullif((SELECT sum(amount) FROM part), 0) AS share
FROM part
GROUP BY product_kind
ORDER BY amount DESC, kind
