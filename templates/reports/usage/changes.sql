SELECT u.period, u.id, coalesce(c.name, u.dossier) AS customer, u.product, u.change AS text
FROM product_usage AS u
LEFT JOIN customer AS c ON c.id = u.dossier
WHERE u.change IS NOT NULL AND (:department IS NULL OR u.department = :department)
ORDER BY u.period DESC, customer, u.id
