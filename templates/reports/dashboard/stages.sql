SELECT state, count(*) AS customers
FROM assignment
WHERE :department IS NULL OR department = :department
GROUP BY state
ORDER BY CASE state WHEN 'potential' THEN 1 WHEN 'intending' THEN 2 WHEN 'closed' THEN 3 WHEN 'key' THEN 4 ELSE 5 END, state
