SELECT n.about AS person, n.id, i.role, i.name AS indicator, CASE :language WHEN 'zh' THEN i.zh ELSE i.en END AS standard,
  json_extract(x.value, '$.figure') AS figure, CAST(json_extract(x.value, '$.score') AS REAL) AS score,
  x.value IS NOT NULL AS judged
FROM staff_note AS n
JOIN role AS r ON r.member = n.about AND r.since <= n."on" AND (r."until" IS NULL OR r."until" >= n."on")
JOIN indicator AS i ON i.role = r.role AND i.name IS NOT NULL
LEFT JOIN json_each(coalesce(n.indicators, '[]')) AS x ON json_extract(x.value, '$.name') = i.name
WHERE n.what = 'appraisal' AND n."on" BETWEEN :from AND :to AND (:department IS NULL OR n.department = :department)
ORDER BY person, i.role, i.nth
