SELECT a.department, 'customer' AS record_kind, c.id AS record, 1 AS customers,
  max(c.entered_on, coalesce(c.confirmed_on, c.entered_on)) BETWEEN :from AND :to AS updated, c.unverified IS NOT NULL AS unverified
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE (:department IS NULL OR a.department = :department) AND a.state NOT IN ('merged')
