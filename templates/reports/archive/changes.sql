SELECT r.reported_on, r.id, coalesce(c.name, r.dossier) AS customer, r.what, r.before, r.after, r.effective_on, r.state
FROM registration_change AS r
LEFT JOIN customer AS c ON c.id = r.dossier
WHERE r.reported_on BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY r.reported_on DESC, r.id
