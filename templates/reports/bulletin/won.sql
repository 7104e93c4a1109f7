SELECT a.since AS day, c.name AS customer, c.id, a.department, a.owner, a.state
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('closed', 'key') AND a.since BETWEEN :from AND :to AND (:department IS NULL OR a.department = :department)
ORDER BY day DESC, customer, c.id
