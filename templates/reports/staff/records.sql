WITH current AS (
  SELECT DISTINCT c.id FROM customer AS c, json_each(c.needs) AS need
  WHERE json_extract(need.value, '$.on') BETWEEN :year_ago AND :as_of
)
SELECT
  owner AS person,
  count(*) AS customers,
  sum(id IN (SELECT id FROM current)) AS needs,
  100.0 * sum(id IN (SELECT id FROM current)) / count(*) AS needs_share,
  round(avg(100.0 * held / applicable), 1) AS completeness,
  sum(held < applicable) AS incomplete,
  sum((SELECT count(*) FROM json_each(card.unverified) AS mark WHERE mark.value < :as_of)) AS unverified
FROM card
GROUP BY owner
ORDER BY owner
