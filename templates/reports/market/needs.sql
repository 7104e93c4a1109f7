SELECT coalesce(json_extract(need.value, '$.product'), '') AS product, count(*) AS needs, count(DISTINCT c.id) AS customers,
  sum(json_extract(need.value, '$.urgency') LIKE 'no_') AS urgent
FROM customer AS c, json_each(c.needs) AS need
WHERE json_extract(need.value, '$.on') BETWEEN :from AND :to
  AND (:department IS NULL OR c.id IN (SELECT dossier FROM assignment WHERE department = :department))
GROUP BY 1
ORDER BY needs DESC, product
