SELECT
  owner,
  count(*) AS customers,
  round(avg(100.0 * held / applicable), 1) AS completeness,
  sum((SELECT count(*) FROM json_each(card.unverified))) AS unverified,
  sum((SELECT count(*) FROM json_each(card.unverified) WHERE json_each.value < :as_of)) AS overdue
FROM card
GROUP BY owner
ORDER BY completeness, owner
LIMIT 8
