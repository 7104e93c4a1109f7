SELECT json_extract(n.value, '$.on') AS day, 'customer' AS kind, c.id, c.name AS customer, json_extract(n.value, '$.text') AS text
FROM customer AS c, json_each(coalesce(c.needs, '[]')) AS n
WHERE json_extract(n.value, '$.on') BETWEEN :from AND :to
  AND EXISTS (SELECT 1 FROM assignment AS a WHERE a.dossier = c.id AND (:member IS NULL OR a.owner = :member)
    AND (:department IS NULL OR a.department = :department))
UNION ALL
SELECT f."on", 'feedback', f.id, coalesce(c.name, f.dossier), f.text
FROM feedback AS f
JOIN assignment AS a ON a.dossier = f.dossier AND a.department = f.department
LEFT JOIN customer AS c ON c.id = f.dossier
WHERE f."on" BETWEEN :from AND :to AND (:member IS NULL OR a.owner = :member) AND (:department IS NULL OR f.department = :department)
ORDER BY day DESC, customer
