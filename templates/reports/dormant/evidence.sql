SELECT t.dossier AS id, a.owner, 'transaction' AS record_kind, t.id AS record, t.amount AS amount_year
FROM txn AS t
LEFT JOIN assignment AS a ON a.dossier = t.dossier AND a.department = t.department
WHERE t.date > :year_ago AND t.date <= :as_of AND (t.direction IS NULL OR t.direction <> 'buy')
  AND (:department IS NULL OR t.department = :department)
