WITH told AS (
  SELECT coalesce(entered_for, entered_by) AS person, 'visits' AS figure, 'visit' AS record_kind, id AS record, department, "on" AS day FROM visit WHERE state = 'done'
  UNION ALL SELECT coalesce(entered_for, entered_by), 'market', 'market_note', id, department, "on" FROM market_note
  UNION ALL SELECT coalesce(entered_for, entered_by), 'changes', 'registration_change', id, department, reported_on FROM registration_change
  UNION ALL SELECT coalesce(entered_for, entered_by), 'feedback', 'feedback', id, department, "on" FROM feedback
  UNION ALL SELECT coalesce(entered_for, entered_by), 'reports', 'staff_report', id, department, "on" FROM staff_report
)
SELECT person, figure, record_kind, record FROM told
WHERE day BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
