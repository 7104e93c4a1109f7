SELECT
  mark.value AS verify_by,
  mark.value < :as_of AS overdue,
  c.id,
  c.name,
  mark.key AS what,
  a.owner
FROM customer AS c
JOIN json_each(c.unverified) AS mark
JOIN assignment AS a ON a.dossier = c.id
WHERE :department IS NULL OR a.department = :department
ORDER BY verify_by, c.name, what, a.owner
