-- What was sold (never bought), of the department asked for; a customer's name and region where they can be opened.
SELECT t.id, t.dossier, t.department, t.date, t.product, t.product_kind, t.amount,
  coalesce(t.seller, t.entered_by) AS seller, coalesce(c.name, t.dossier) AS name, c.region
FROM txn AS t
LEFT JOIN customer AS c ON c.id = t.dossier
WHERE (t.direction IS NULL OR t.direction <> 'buy')
  AND (:department IS NULL OR t.department = :department)
