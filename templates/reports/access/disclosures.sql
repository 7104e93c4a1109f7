SELECT d."on" AS day, d.id, coalesce(c.name, d.dossier) AS customer, d.to_whom, d.what, d.purpose, d.basis, d.approved_by, d.approved_on
FROM disclosure AS d
LEFT JOIN customer AS c ON c.id = d.dossier
WHERE d."on" BETWEEN :from AND :to AND (:department IS NULL OR d.department = :department)
ORDER BY day DESC, d.id
