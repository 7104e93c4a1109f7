SELECT a.owner, a.dossier AS id, 'customer' AS record_kind, a.dossier AS record, 1 AS customers,
  nullif(EXISTS (SELECT 1 FROM visit AS v
    WHERE v.dossier = a.dossier AND v.department = a.department AND v.state = 'done'), 0) AS visited,
  a.state IN ('intending', 'closed', 'key') AS intending,
  a.state IN ('closed', 'key') AS closed,
  NULL AS amount, NULL AS visits
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE c.obtained_at_on BETWEEN :from AND :to AND c.source IS NOT 'import'
  AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.owner, a.dossier, 'transaction', t.id, NULL, NULL, NULL, NULL, t.amount, NULL
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
JOIN txn AS t ON t.dossier = a.dossier AND t.department = a.department
WHERE c.obtained_at_on BETWEEN :from AND :to AND c.source IS NOT 'import'
  AND t.date BETWEEN :from AND :to AND (t.direction IS NULL OR t.direction <> 'buy')
  AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.owner, a.dossier, 'visit', v.id, NULL, NULL, NULL, NULL, NULL, 1
FROM assignment AS a
JOIN visit AS v ON v.dossier = a.dossier AND v.department = a.department
WHERE v.state = 'done' AND (:department IS NULL OR a.department = :department)
