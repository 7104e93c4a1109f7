SELECT
  k.received_at_on AS received_on,
  k.id,
  coalesce(c.name, k.dossier) AS customer,
  k.category,
  k.content,
  k.solution,
  k.measures
FROM complaint AS k
LEFT JOIN customer AS c ON c.id = k.dossier
WHERE k.measures IS NOT NULL
  AND k.received_at_on BETWEEN :from AND :to AND (:department IS NULL OR k.department = :department)
ORDER BY received_on DESC, k.id
