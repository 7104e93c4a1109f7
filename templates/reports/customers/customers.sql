SELECT
  a.department,
  c.id,
  c.name,
  c.category,
  a.state,
  a.owner,
  json_extract(c.contacts, '$[0].name') AS contact,
  coalesce(c.phone, json_extract(c.contacts, '$[0].phone')) AS phone,
  c.region,
  a.since,
  c.entered_on
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE a.state NOT IN ('suspended', 'past') AND (:department IS NULL OR a.department = :department)
ORDER BY a.department, c.name, c.id
