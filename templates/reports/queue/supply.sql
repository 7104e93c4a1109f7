SELECT p.place, p.class, v.instructed_on AS day, v.id, coalesce(c.name, v.dossier) AS customer, v.destination AS what
FROM shipment AS v
LEFT JOIN customer AS c ON c.id = v.dossier
LEFT JOIN place AS p ON p.dossier = v.dossier AND p.department = v.department
WHERE v.state = 'instructed' AND (:department IS NULL OR v.department = :department)
ORDER BY coalesce(p.place, 999), day, v.id
