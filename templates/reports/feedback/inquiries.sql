SELECT n.received_at_on AS day, n.id, coalesce(c.name, n.dossier) AS customer, n.text, n.answer, n.turned_into
FROM inquiry AS n
LEFT JOIN customer AS c ON c.id = n.dossier
WHERE n.received_at_on BETWEEN :from AND :to AND (:department IS NULL OR n.department = :department)
ORDER BY n.answer IS NOT NULL, day DESC, n.id
