SELECT a.owner, count(*) AS customers, max(d.days) AS longest
FROM due AS d
JOIN assignment AS a ON a.dossier = d.dossier AND a.department = d.department
JOIN customer AS c ON c.id = d.dossier
WHERE d.code IN ('VIS011', 'VIS012', 'VIS018') AND d.late
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'visit' AND shut.department = d.department)
  AND (:department IS NULL OR d.department = :department)
GROUP BY a.owner
ORDER BY customers DESC, a.owner
