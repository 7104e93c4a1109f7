WITH sold AS (
  SELECT dossier, department, sum(amount) AS amount FROM txn
  WHERE date > :year_ago AND date <= :as_of AND coalesce(sample, 0) = 0 AND coalesce(direction, 'sell') <> 'buy'
  GROUP BY dossier, department
),
graded AS (
  SELECT dossier, department, group_concat(grade, ' ') AS grades
  FROM (SELECT dossier, department, scheme || '=' || grade AS grade FROM held_grade ORDER BY dossier, department, scheme)
  GROUP BY dossier, department
)
SELECT a.dossier AS id, a.department, c.name, c.nature, g.grades, c.territory, c.route_seq, s.amount,
  100.0 * s.amount / nullif(sum(s.amount) OVER (PARTITION BY a.department), 0) AS share
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
LEFT JOIN graded AS g ON g.dossier = a.dossier AND g.department = a.department
LEFT JOIN sold AS s ON s.dossier = a.dossier AND s.department = a.department
WHERE :department IS NULL OR a.department = :department
ORDER BY a.department, c.route_seq IS NULL, c.route_seq, c.name, a.dossier
