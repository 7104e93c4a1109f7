SELECT b.level, b.of_department, b.id, coalesce(c.name, b.customer) AS customer, b.reason, b.loss, b.state,
  b.valid_from, b.valid_to,
  coalesce(b.decided_by, (SELECT p.member FROM approval AS p WHERE p.record = b.id AND p.act = 'sign' ORDER BY p."on" LIMIT 1)) AS decided_by
FROM blacklist_entry AS b
LEFT JOIN customer AS c ON c.id = b.customer
WHERE b.state IN ('proposed', 'verified', 'in_force')
  AND (b.valid_to IS NULL OR b.valid_to >= :as_of)
  AND (:department IS NULL OR b.level = 'company' OR b.of_department = :department)
ORDER BY b.level, b.of_department, b.state = 'in_force' DESC, b.valid_from, b.id
