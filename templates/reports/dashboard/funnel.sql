SELECT
  c.source,
  count(*) AS customers,
  sum(a.state IN ('intending', 'closed', 'key')) AS intending,
  sum(a.state IN ('closed', 'key')) AS closed,
  sum(a.state = 'key') AS key_customers,
  100.0 * sum(a.state IN ('closed', 'key')) / count(*) AS closed_share
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE a.state NOT IN ('suspended', 'past', 'merged') AND (:department IS NULL OR a.department = :department)
GROUP BY c.source
ORDER BY customers DESC, c.source
