SELECT c.source, 'customer' AS record_kind, c.id AS record, 1 AS customers,
  a.state IN ('intending', 'closed', 'key') AS intending, a.state IN ('closed', 'key') AS closed, a.state = 'key' AS key_customers
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE a.state NOT IN ('suspended', 'past', 'merged') AND (:department IS NULL OR a.department = :department)
