SELECT r."on" AS day, r.id, coalesce(r.entered_for, r.entered_by) AS person, c.name AS customer, r.text, r.seen_by
FROM staff_report AS r
LEFT JOIN customer AS c ON c.id = r.customer
WHERE r.what = 'emergency' AND r."on" BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY day DESC, r.id
