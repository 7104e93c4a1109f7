SELECT g.dossier AS id, g.kind AS record_kind, g.id AS record, 1 AS times
FROM (
  SELECT 'visit' AS kind, id, dossier, department, "on" AS day FROM visit WHERE advice IS NOT NULL
  UNION ALL SELECT 'interaction', id, dossier, department, "on" FROM interaction WHERE advice IS NOT NULL
) AS g
WHERE g.day BETWEEN :from AND :to AND (:department IS NULL OR g.department = :department)
