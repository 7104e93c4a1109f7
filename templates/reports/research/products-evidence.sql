SELECT coalesce(product_kind, product) AS product, 'transaction' AS record_kind, id AS record, amount AS sales,
  row_number() OVER (PARTITION BY coalesce(product_kind, product), dossier ORDER BY date, id) = 1 AS buyers, NULL AS needs
FROM txn
WHERE date BETWEEN :from AND :to AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0 AND (:department IS NULL OR department = :department)
UNION ALL
SELECT DISTINCT json_extract(one.value, '$.product'), 'customer', c.id, NULL, NULL, 1
FROM customer AS c, json_each(coalesce(c.needs, '[]')) AS one
WHERE json_extract(one.value, '$.on') BETWEEN :from AND :to
  AND c.id IN (SELECT dossier FROM assignment WHERE :department IS NULL OR department = :department)
