SELECT coalesce(topic, 'other') AS topic, 'feedback' AS record_kind, id AS record,
  "on" >= :from AS received,
  "on" < :from AS before,
  CASE WHEN "on" >= :from THEN 1 ELSE -1 END AS trend,
  "on" >= :from AND answer IS NOT NULL AS answered,
  "on" >= :from AND (action IS NOT NULL OR improvement IS NOT NULL) AS acted
FROM feedback
WHERE "on" <= :to AND julianday(:from) - julianday("on") <= julianday(:to) - julianday(:from) + 1 AND (:department IS NULL OR department = :department)
