SELECT dossier AS id, department, 'transaction' AS record_kind, id AS record, amount AS year_amount
FROM txn
WHERE date > :year_ago AND date <= :as_of AND coalesce(sample, 0) = 0
