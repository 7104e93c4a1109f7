SELECT i.role, i.name AS indicator,
  CASE WHEN i.name IS NULL THEN CASE :language WHEN 'zh' THEN '尚未设定' ELSE 'none set yet' END
    WHEN :language = 'zh' THEN i.zh ELSE i.en END AS standard,
  (SELECT count(DISTINCT r.member) FROM role r
    WHERE r.role = i.role AND (r."until" IS NULL OR r."until" >= :as_of) AND (:department IS NULL OR r.department = :department)) AS holders
FROM indicator AS i
ORDER BY i.role, i.nth
