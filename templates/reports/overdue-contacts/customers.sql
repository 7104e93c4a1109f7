SELECT c.name AS customer, d.dossier AS id, d.department, a.owner, a.state,
  (SELECT g.grade FROM graded AS g WHERE g.dossier = d.dossier AND g.department = d.department) AS grade,
  d.since AS last_on, d.due_on, d.days
FROM due AS d
JOIN assignment AS a ON a.dossier = d.dossier AND a.department = d.department
JOIN customer AS c ON c.id = d.dossier
WHERE d.code IN ('VIS011', 'VIS012', 'VIS018') AND d.late
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'visit' AND shut.department = d.department)
  AND (:department IS NULL OR d.department = :department)
ORDER BY d.days DESC, customer, id
