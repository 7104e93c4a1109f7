-- of each kind of licence the one that runs longest counts: a renewal ends the warning
SELECT
  max(q.valid_to) AS valid_to,
  CAST(julianday(max(q.valid_to)) - julianday(:as_of) AS INTEGER) AS days,
  q.id,
  q.what,
  q.number,
  coalesce(c.name, q.dossier) AS customer,
  a.owner
FROM qualification AS q
LEFT JOIN customer AS c ON c.id = q.dossier
LEFT JOIN assignment AS a ON a.dossier = q.dossier AND a.department = q.department
WHERE q.valid_to IS NOT NULL AND (:department IS NULL OR q.department = :department)
GROUP BY q.dossier, q.department, q.what
HAVING max(q.valid_to) <= date(:as_of, '+3 months')
ORDER BY valid_to, q.id
