SELECT coalesce(c.name, d.dossier) AS customer, d.dossier AS id, d.department, a.owner, a.state,
  (SELECT g.grade FROM graded AS g WHERE g.dossier = d.dossier AND g.department = d.department) AS grade,
  d.since AS last_on, d.due_on, d.days
FROM due AS d
JOIN assignment AS a ON a.dossier = d.dossier AND a.department = d.department
LEFT JOIN customer AS c ON c.id = d.dossier
WHERE d.code IN ('VIS011', 'VIS012', 'VIS018') AND d.late AND d.done_on IS NULL
  AND (:department IS NULL OR d.department = :department)
ORDER BY d.days DESC, customer, id
