SELECT
  h.valid_to,
  CAST(julianday(h.valid_to) - julianday(:as_of) AS INTEGER) AS days,
  h.id,
  h.number,
  coalesce(c.name, h.dossier) AS customer,
  h.subject,
  h.amount,
  a.owner
FROM contract AS h
LEFT JOIN customer AS c ON c.id = h.dossier
LEFT JOIN assignment AS a ON a.dossier = h.dossier AND a.department = h.department
WHERE h.state IN ('signed', 'changed')
  AND h.valid_to <= date(:as_of, '+3 months')
  AND (:department IS NULL OR h.department = :department)
ORDER BY h.valid_to, h.id
