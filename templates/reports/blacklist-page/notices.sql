SELECT name, aliases, credit_code, legal_person, level, valid_from, valid_to, id
FROM blacklist_notice
WHERE state = 'in_force' AND valid_from <= :as_of AND (valid_to IS NULL OR valid_to >= :as_of)
ORDER BY level, valid_from DESC, name, id
