SELECT said.what, said.what AS record_kind, said.id AS record, 1 AS received, said.answer IS NOT NULL AS answered
FROM (
  SELECT 'feedback' AS what, id, "on" AS day, answer, department FROM feedback
  UNION ALL SELECT 'inquiry', id, received_at_on, answer, department FROM inquiry
) AS said
WHERE said.day BETWEEN :from AND :to AND (:department IS NULL OR said.department = :department)
