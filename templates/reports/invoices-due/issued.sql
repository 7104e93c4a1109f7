SELECT i."on" AS day, i.id, i.number, i.what, coalesce(c.name, i.dossier) AS customer, i.amount, i.sent_on, i.express, i.received_on
FROM invoice AS i
LEFT JOIN customer AS c ON c.id = i.dossier
WHERE i."on" BETWEEN :from AND :to AND (:department IS NULL OR i.department = :department)
ORDER BY day, i.number, i.id
