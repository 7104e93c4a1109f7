SELECT c.source, 'customer' AS record_kind, c.id AS record, 1 AS customers, a.state = 'potential' AS potential,
  a.state = 'intending' AS intending, a.state = 'closed' AS closed, a.state = 'key' AS key_customers,
  EXISTS (SELECT 1 FROM txn AS t
    WHERE t.dossier = a.dossier AND t.department = a.department AND t.date BETWEEN :from AND :to) AS buyers,
  NULL AS amount
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
UNION ALL
SELECT c.source, 'transaction', t.id, NULL, NULL, NULL, NULL, NULL, NULL, t.amount
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
JOIN txn AS t ON t.dossier = a.dossier AND t.department = a.department
WHERE t.date BETWEEN :from AND :to AND (:department IS NULL OR a.department = :department)
