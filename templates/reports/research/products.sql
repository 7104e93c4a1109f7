WITH sale AS (
  SELECT coalesce(product_kind, product) AS product, sum(amount) AS sales, count(DISTINCT dossier) AS buyers FROM txn
  WHERE date BETWEEN :from AND :to AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
    AND (:department IS NULL OR department = :department)
  GROUP BY 1
),
need AS (
  SELECT json_extract(one.value, '$.product') AS product, count(DISTINCT c.id) AS needs
  FROM customer AS c, json_each(coalesce(c.needs, '[]')) AS one
  WHERE json_extract(one.value, '$.on') BETWEEN :from AND :to
    AND c.id IN (SELECT dossier FROM assignment WHERE :department IS NULL OR department = :department)
  GROUP BY 1
)
SELECT named.product, s.sales, s.buyers, n.needs
FROM (SELECT product FROM sale UNION SELECT product FROM need WHERE product IS NOT NULL) AS named
LEFT JOIN sale AS s ON s.product = named.product
LEFT JOIN need AS n ON n.product = named.product
ORDER BY s.sales DESC, named.product
