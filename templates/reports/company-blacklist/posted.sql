SELECT n.name, n.credit_code, (SELECT group_concat(value, '; ') FROM json_each(n.aliases)) AS aliases, n.state,
  n.valid_from, n.valid_to, n.entry
FROM blacklist_notice AS n
WHERE n.state IN ('in_force', 'shortened', 'expired') AND n.valid_from <= :as_of
ORDER BY n.valid_from DESC, n.name
