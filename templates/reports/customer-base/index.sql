SELECT c.id, c.name, a.department, a.owner, a.state, c.category, c.region,
  max(c.entered_on, coalesce(c.confirmed_on, c.entered_on)) AS updated,
  CAST(julianday(:as_of) - julianday(max(c.entered_on, coalesce(c.confirmed_on, c.entered_on))) AS INTEGER) AS days
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE (:department IS NULL OR a.department = :department) AND a.state NOT IN ('merged')
ORDER BY c.name, c.id, a.department
