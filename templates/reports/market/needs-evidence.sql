SELECT coalesce(json_extract(need.value, '$.product'), '') AS product, 'customer' AS record_kind, c.id AS record,
  1 AS needs,
  row_number() OVER (PARTITION BY coalesce(json_extract(need.value, '$.product'), ''), c.id ORDER BY need.key) = 1 AS customers,
  json_extract(need.value, '$.urgency') LIKE 'no_' AS urgent
FROM customer AS c, json_each(c.needs) AS need
WHERE json_extract(need.value, '$.on') BETWEEN :from AND :to
  AND (:department IS NULL OR c.id IN (SELECT dossier FROM assignment WHERE department = :department))
