SELECT id, valid_from, name, valid_to
FROM blacklist_notice
WHERE level = 'company' AND valid_from BETWEEN :from AND :to
ORDER BY valid_from DESC, name
