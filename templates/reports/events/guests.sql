SELECT
  coalesce(c.name, json_extract(g.value, '$.customer'), json_extract(g.value, '$.name')) AS customer,
  count(*) AS asked,
  sum(json_extract(g.value, '$.came')) AS came
FROM event AS e
JOIN json_each(coalesce(e.guests, '[]')) AS g
LEFT JOIN customer AS c ON c.id = json_extract(g.value, '$.customer')
WHERE e."on" BETWEEN :from AND :to AND e.state <> 'cancelled' AND (:department IS NULL OR e.department = :department)
GROUP BY coalesce(json_extract(g.value, '$.customer'), json_extract(g.value, '$.name'))
ORDER BY came DESC, asked DESC, customer
