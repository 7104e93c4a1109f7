SELECT dossier AS id, 'transaction' AS record_kind, id AS record, amount AS sold, NULL AS paid, amount AS balance
FROM txn
WHERE date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0 AND (:department IS NULL OR department = :department)
UNION ALL
SELECT dossier, 'payment', id, NULL, amount, -amount FROM payment
WHERE "on" <= :as_of AND (:department IS NULL OR department = :department)
