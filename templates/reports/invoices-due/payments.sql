SELECT p."on" AS day, p.id, coalesce(c.name, p.dossier) AS customer, p.amount, p.method, p.due_on, p.checked_on AS confirmed_on
FROM payment AS p
LEFT JOIN customer AS c ON c.id = p.dossier
WHERE p."on" BETWEEN :from AND :to AND (:department IS NULL OR p.department = :department)
ORDER BY day, p.id
