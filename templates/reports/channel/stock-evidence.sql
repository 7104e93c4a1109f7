SELECT s.dossier AS partner, json_extract(one.value, '$.product') AS product, '' AS figure, 'partner_stock' AS record_kind, s.id AS record, NULL AS value
FROM partner_stock AS s, json_each(coalesce(s.stock, '[]')) AS one
WHERE s."on" <= :to AND (:department IS NULL OR s.department = :department)
  AND s."on" || s.id = (SELECT max(o."on" || o.id) FROM partner_stock AS o
    WHERE o.dossier = s.dossier AND o.department = s.department AND o."on" <= :to)
UNION ALL
SELECT t.partner, t.product, 'sold', 'transaction', t.id, t.quantity FROM txn AS t
WHERE t.partner IS NOT NULL AND t.date BETWEEN :from AND :to AND coalesce(t.sample, 0) = 0
  AND (:department IS NULL OR t.department = :department)
