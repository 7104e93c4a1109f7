SELECT w.id AS source, json_extract(one.value, '$.product') AS product, json_extract(one.value, '$.text') AS idea,
  'wave' AS record_kind, w.id AS record
FROM wave AS w, json_each(coalesce(w.ideas, '[]')) AS one
UNION ALL
SELECT id, NULL, product_idea, 'improvement', id FROM improvement WHERE product_idea IS NOT NULL
