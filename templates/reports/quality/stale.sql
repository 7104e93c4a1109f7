WITH entry AS (
  SELECT id AS dossier, NULL AS department, entered_on FROM customer
  UNION ALL SELECT dossier, department, entered_on FROM visit
  UNION ALL SELECT dossier, department, entered_on FROM complaint
)
SELECT
  CAST(julianday(:as_of) - julianday(max(e.entered_on)) AS INTEGER) AS days,
  max(e.entered_on) AS last_on,
  c.id,
  c.name,
  a.owner
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
JOIN entry AS e ON e.dossier = a.dossier AND (e.department IS NULL OR e.department = a.department)
WHERE :department IS NULL OR a.department = :department
GROUP BY a.dossier, a.department
ORDER BY last_on, c.name, c.id
LIMIT 30
