SELECT
  CAST(julianday(:as_of) - julianday(k.received_at_on) AS INTEGER) AS days,
  k.id,
  coalesce(c.name, k.dossier) AS customer,
  k.category,
  k.state,
  k.received_at_on AS received_on,
  k.handler,
  k.content
FROM complaint AS k
LEFT JOIN customer AS c ON c.id = k.dossier
WHERE k.state <> 'closed'
  AND (:department IS NULL OR k.department = :department)
ORDER BY received_on, k.id
