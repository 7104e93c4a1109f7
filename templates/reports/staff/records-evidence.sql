SELECT owner AS person, 'customers' AS figure, 'customer' AS record_kind, id AS record, NULL AS value FROM card
UNION ALL SELECT DISTINCT k.owner, 'needs', 'customer', k.id, NULL FROM card AS k
  JOIN customer AS c ON c.id = k.id JOIN json_each(c.needs) AS need
  WHERE json_extract(need.value, '$.on') BETWEEN :year_ago AND :as_of
UNION ALL SELECT owner, 'incomplete', 'customer', id, NULL FROM card WHERE held < applicable
UNION ALL SELECT owner, 'unverified', 'customer', card.id, count(*)
  FROM card, json_each(card.unverified) AS mark WHERE mark.value < :as_of GROUP BY owner, department, card.id
