SELECT c.nature, count(DISTINCT c.id) AS customers,
  100.0 * count(DISTINCT c.id) / sum(count(DISTINCT c.id)) OVER () AS share
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
GROUP BY c.nature
ORDER BY customers DESC, c.nature
