SELECT d.id, c.name, d.other, o.name AS other_name, d.strength
FROM duplicate AS d
JOIN customer AS c ON c.id = d.id
LEFT JOIN customer AS o ON o.id = d.other
WHERE :department IS NULL OR d.id IN (SELECT dossier FROM assignment WHERE department = :department)
  OR d.other IN (SELECT dossier FROM assignment WHERE department = :department)
ORDER BY CASE d.strength WHEN 'exact' THEN 1 WHEN 'strong' THEN 2 ELSE 3 END, c.name, d.id, d.other
