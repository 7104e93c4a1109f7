SELECT a.department, c.category, c.region, 'customer' AS record_kind, c.id AS record,
  1 AS customers, a.state = 'potential' AS potential, a.state = 'intending' AS intending, a.state = 'closed' AS closed,
  a.state = 'key' AS key_customers
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
