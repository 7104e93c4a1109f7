SELECT c.name AS customer, 'customer' AS record_kind, c.id AS record FROM customer AS c WHERE c.id = :customer
UNION ALL
SELECT c.name, 'declaration', d.id FROM declaration AS d JOIN customer AS c ON c.id = d.dossier
WHERE d.dossier = :customer AND d.what = 'account_safety' AND d."on" <= :as_of
