SELECT b."on" AS day, b.id, coalesce(c.name, b.dossier) AS customer, b."by", b.with_whom, b.results, b.agreed
FROM business_review AS b
LEFT JOIN customer AS c ON c.id = b.dossier
WHERE b."on" BETWEEN :from AND :to AND (b.dossier, b.department) IN (SELECT dossier, department FROM class_c_store)
ORDER BY day DESC, b.id
