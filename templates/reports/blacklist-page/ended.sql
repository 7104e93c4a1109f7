SELECT name, credit_code, state, valid_to, id
FROM blacklist_notice
WHERE state IN ('expired', 'shortened') OR (state = 'in_force' AND valid_to < :as_of)
ORDER BY valid_to DESC, name, id
