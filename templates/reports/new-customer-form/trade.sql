SELECT date, product, amount
FROM txn
WHERE dossier = :customer AND (direction IS NULL OR direction <> 'buy') AND date <= :as_of
ORDER BY date, id
LIMIT 12
