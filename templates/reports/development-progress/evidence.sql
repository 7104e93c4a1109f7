SELECT p.id, 'development_plan' AS record_kind, p.id AS record, NULL AS sold
FROM development_plan AS p
UNION ALL
SELECT p.id, 'transaction', t.id, t.amount
FROM development_plan AS p
JOIN txn AS t ON t.dossier = p.dossier AND t.department = p.department
WHERE t.date BETWEEN p.from_day AND min(p."until", :as_of) AND (t.direction IS NULL OR t.direction <> 'buy')
