SELECT DISTINCT c.nature, 'customer' AS record_kind, c.id AS record, 1 AS customers
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
