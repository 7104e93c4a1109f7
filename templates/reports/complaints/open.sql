SELECT
  CAST(julianday(:as_of) - julianday(k.received_at_on) AS INTEGER) AS days,
  k.id,
  coalesce(c.name, k.dossier) AS customer,
  g.grade,
  k.category,
  k.state,
  k.received_at_on AS received_on,
  k.handler,
  k.content
FROM complaint AS k
LEFT JOIN customer AS c ON c.id = k.dossier
LEFT JOIN graded AS g ON g.dossier = k.dossier AND g.department = k.department
WHERE k.state <> 'closed'
  AND (:department IS NULL OR k.department = :department)
ORDER BY CASE g.grade WHEN 'vip' THEN 1 WHEN 'preferred' THEN 2 WHEN 'qualified' THEN 3 ELSE 4 END, k.received_at, k.id
