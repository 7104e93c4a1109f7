SELECT w."on" AS day, w.id, coalesce(c.name, w.dossier) AS customer, w.what, w.reason, w.cost, w.state, w.decided_by, w.given_on
FROM reward AS w
LEFT JOIN customer AS c ON c.id = w.dossier
WHERE w."on" BETWEEN :from AND :to AND (:department IS NULL OR w.department = :department)
ORDER BY day DESC, w.id
