SELECT a.department, a.dossier AS id, c.name AS customer, a.owner, a.state
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('closed', 'key', 'stored') AND a.since <= :to
  AND NOT EXISTS (SELECT 1 FROM stage_review AS r
    WHERE r.dossier = a.dossier AND r.department = a.department AND r."on" BETWEEN :from AND :to)
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'stage_review' AND shut.department = a.department)
  AND (:department IS NULL OR a.department = :department)
ORDER BY a.department, customer, a.dossier
