SELECT DISTINCT CASE :language WHEN 'zh' THEN d.post_zh ELSE d.post_en END AS post, r.member AS person, coalesce(r.department, '*') AS department, r.since
FROM duty AS d
JOIN role AS r ON r.role = d.role AND r.since <= :as_of AND (r."until" IS NULL OR r."until" >= :as_of)
WHERE :department IS NULL OR r.department = :department OR r.department IS NULL
ORDER BY post, person, r.department
