SELECT coalesce(c.name, b.customer) AS name, b.id, b.level, b.valid_to
FROM blacklist_entry AS b
LEFT JOIN customer AS c ON c.id = b.customer
WHERE b.state = 'in_force' AND (b.valid_to IS NULL OR b.valid_to >= :as_of)
  AND (:department IS NULL OR b.level = 'company' OR b.of_department = :department)
ORDER BY b.valid_to IS NULL, b.valid_to, name, b.id
LIMIT 8
