SELECT f."on" AS day, f.id, coalesce(c.name, f.dossier) AS customer, f.channel, f.text, f.answer, f.action
FROM feedback AS f
LEFT JOIN customer AS c ON c.id = f.dossier
WHERE f."on" BETWEEN :from AND :to AND (:department IS NULL OR f.department = :department)
ORDER BY f.answer IS NOT NULL, day DESC, f.id
