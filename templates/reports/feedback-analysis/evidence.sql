SELECT topic, text, 'feedback' AS record_kind, id AS record, 1 AS received,
  action IS NOT NULL OR improvement IS NOT NULL AS acted
FROM feedback
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
