SELECT json_extract(one.value, '$.on') AS day, g.id, g.subject, json_extract(one.value, '$.by') AS "by",
  json_extract(one.value, '$.share') AS judged, json_extract(one.value, '$.text') AS text
FROM goal AS g, json_each(coalesce(g.evaluations, '[]')) AS one
WHERE g.period_last >= :from AND g.period_first <= :to AND (:department IS NULL OR g.department = :department)
UNION ALL
SELECT summary_on, id, subject, in_charge, NULL, summary FROM goal
WHERE summary IS NOT NULL AND period_last >= :from AND period_first <= :to AND (:department IS NULL OR department = :department)
ORDER BY 1 DESC, 2
