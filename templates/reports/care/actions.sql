SELECT k."on" AS day, k.id, coalesce(c.name, k.dossier) AS customer, k.what, k.item, k.cost, k."by", k.approved_by
FROM care_action AS k
LEFT JOIN customer AS c ON c.id = k.dossier
WHERE k."on" BETWEEN :from AND :to AND (:department IS NULL OR k.department = :department)
ORDER BY day DESC, k.id
