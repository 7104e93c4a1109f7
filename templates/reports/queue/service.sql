SELECT p.place, p.class, v.opened_at_on AS day, v.id, coalesce(c.name, v.dossier) AS customer, v.problem AS what
FROM service_order AS v
LEFT JOIN customer AS c ON c.id = v.dossier
LEFT JOIN place AS p ON p.dossier = v.dossier AND p.department = v.department
WHERE v.state NOT IN ('finished', 'cancelled') AND (:department IS NULL OR v.department = :department)
ORDER BY coalesce(p.place, 999), day, v.id
