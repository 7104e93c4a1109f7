SELECT coalesce(r.entered_for, r.entered_by) AS person, r."on", r.id, r.what, r.text, r.progress, r.needs, r.market
FROM staff_report AS r
WHERE r."on" BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY person, r."on", r.id
