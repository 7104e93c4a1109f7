SELECT c.name AS customer, :as_of AS day, d.by_whom AS signed, d."on" AS signed_on
FROM customer AS c
LEFT JOIN declaration AS d ON d.id = (
  SELECT e.id FROM declaration AS e
  WHERE e.dossier = c.id AND e.what = 'account_safety' AND e."on" <= :as_of
  ORDER BY e."on" DESC, e.id DESC LIMIT 1)
WHERE c.id = :customer
