SELECT "day", said.id, coalesce(c.name, said.dossier) AS customer, said.text
FROM (
  SELECT "on" AS day, id, dossier, department, needs_heard AS text FROM visit
  UNION ALL
  SELECT "on", id, dossier, department, needs FROM interaction
) AS said
LEFT JOIN customer AS c ON c.id = said.dossier
WHERE said.text IS NOT NULL AND day BETWEEN :from AND :to
  AND (:department IS NULL OR said.department = :department)
ORDER BY day DESC, said.id
