SELECT c.name, t.id, t.direction, t.surveyed_on, t.surveyed_by, t.organisation, t.business, t.credit, t.relation,
  (SELECT group_concat(value, char(10)) FROM json_each(coalesce(t.planned_products, '[]'))) AS products,
  t.expected_amount, t.state, t.terms, t.opinion, t.approved_by, t.approved_on, t.chairman_told_on, t.listed_on
FROM customer AS c
LEFT JOIN trade_start AS t ON t.dossier = c.id
WHERE c.id = :customer
ORDER BY t.surveyed_on DESC, t.id
LIMIT 1
