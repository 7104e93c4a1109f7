SELECT
  c.id,
  c.name,
  count(CASE WHEN s.phase = 'before' THEN 1 END) AS before,
  count(CASE WHEN s.phase = 'during' THEN 1 END) AS during,
  count(CASE WHEN s.phase = 'after' THEN 1 END) AS after,
  3 - count(DISTINCT s.phase) AS missing
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
LEFT JOIN service_action AS s ON s.dossier = a.dossier AND s.department = a.department AND s."on" BETWEEN :from AND :to
WHERE (:department IS NULL OR a.department = :department) AND a.state NOT IN ('suspended', 'past')
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'service_action' AND shut.department = a.department)
GROUP BY c.id, c.name
ORDER BY count(DISTINCT s.phase), c.name, c.id
