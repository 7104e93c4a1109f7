SELECT w.id AS source, json_extract(one.value, '$.product') AS product, json_extract(one.value, '$.text') AS idea
FROM wave AS w, json_each(coalesce(w.ideas, '[]')) AS one
WHERE w."on" BETWEEN :from AND :to AND (:department IS NULL OR w.department = :department)
UNION ALL
SELECT id, NULL, product_idea FROM improvement
WHERE product_idea IS NOT NULL AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY 2, 1, 3
