SELECT coalesce(c.name, json_extract(g.value, '$.customer'), json_extract(g.value, '$.name')) AS customer,
  'event' AS record_kind, e.id AS record, 1 AS asked, json_extract(g.value, '$.came') AS came
FROM event AS e
JOIN json_each(coalesce(e.guests, '[]')) AS g
LEFT JOIN customer AS c ON c.id = json_extract(g.value, '$.customer')
WHERE e."on" BETWEEN :from AND :to AND e.state <> 'cancelled' AND (:department IS NULL OR e.department = :department)
