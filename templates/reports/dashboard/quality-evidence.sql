SELECT owner, 'customers' AS figure, 'customer' AS record_kind, id AS record, NULL AS value FROM card
UNION ALL SELECT owner, 'unverified', 'customer', card.id, count(*)
  FROM card, json_each(card.unverified) GROUP BY owner, department, card.id
UNION ALL SELECT owner, 'overdue', 'customer', card.id, count(*)
  FROM card, json_each(card.unverified) AS mark WHERE mark.value < :as_of GROUP BY owner, department, card.id
