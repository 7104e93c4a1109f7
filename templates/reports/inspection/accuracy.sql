SELECT
  owner,
  count(*) AS customers,
  round(avg(100.0 * held / applicable), 1) AS completeness,
  sum((SELECT count(*) FROM json_each(card.unverified))) AS unverified,
  sum((SELECT count(*) FROM json_each(card.unverified) AS mark WHERE mark.value < :as_of)) AS overdue,
  sum(entered_on < :year_ago) AS old
FROM card
GROUP BY owner
ORDER BY completeness, owner
