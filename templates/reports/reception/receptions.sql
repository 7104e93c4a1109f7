SELECT r."on" AS day, r.id, coalesce(c.name, r.dossier) AS customer, r.host, r.purpose, r.state, r.during_opinions AS opinions, r.after_summary AS summary
FROM reception AS r
LEFT JOIN customer AS c ON c.id = r.dossier
WHERE r."on" BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY day DESC, r.id
