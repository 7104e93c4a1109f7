SELECT
  a.department,
  c.category,
  count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY a.department) AS share,
  sum(a.state = 'potential') AS potential,
  sum(a.state = 'intending') AS intending,
  sum(a.state = 'closed') AS closed,
  sum(a.state = 'key') AS key_customers
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
GROUP BY a.department, c.category
ORDER BY a.department, customers DESC, c.category
