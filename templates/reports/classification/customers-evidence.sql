SELECT a.dossier AS id, a.department, 'customer' AS record_kind, a.dossier AS record, NULL AS amount
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
WHERE :department IS NULL OR a.department = :department
UNION ALL
SELECT t.dossier, t.department, 'transaction', t.id, t.amount
FROM txn AS t
JOIN assignment AS a ON a.dossier = t.dossier AND a.department = t.department
WHERE t.date > :year_ago AND t.date <= :as_of AND coalesce(t.sample, 0) = 0 AND coalesce(t.direction, 'sell') <> 'buy'
  AND (:department IS NULL OR a.department = :department)
