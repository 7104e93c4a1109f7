SELECT n.entry, n.name, d.id AS department, r.by, r."on"
FROM blacklist_notice AS n JOIN department AS d
LEFT JOIN blacklist_receipt AS r ON r.entry = n.entry AND r.department = d.id
WHERE n.state IN ('in_force', 'shortened', 'expired') AND n.valid_from <= :as_of
ORDER BY r."on" IS NOT NULL, n.valid_from DESC, n.entry, d.id
