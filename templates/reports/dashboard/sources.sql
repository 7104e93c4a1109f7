SELECT
  c.source,
  count(*) AS customers,
  sum(a.state IN ('intending', 'closed', 'key')) AS intending,
  sum(a.state IN ('closed', 'key')) AS closed,
  100.0 * sum(a.state IN ('closed', 'key')) / count(*) AS closed_share
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
GROUP BY c.source
ORDER BY customers DESC, c.source
