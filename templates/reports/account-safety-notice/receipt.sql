SELECT d.by_whom AS signed, d."on" AS signed_on FROM declaration AS d
WHERE d.dossier = :customer AND d.what = 'account_safety' AND d."on" <= :as_of
ORDER BY d."on" DESC, d.id DESC LIMIT 1
