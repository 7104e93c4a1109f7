WITH told AS (
  SELECT coalesce(entered_for, entered_by) AS person, 'visits' AS what, id, department, "on" AS day FROM visit WHERE state = 'done'
  UNION ALL SELECT coalesce(entered_for, entered_by), 'market', id, department, "on" FROM market_note
  UNION ALL SELECT coalesce(entered_for, entered_by), 'changes', id, department, reported_on FROM registration_change
  UNION ALL SELECT coalesce(entered_for, entered_by), 'feedback', id, department, "on" FROM feedback
  UNION ALL SELECT coalesce(entered_for, entered_by), 'reports', id, department, "on" FROM staff_report
)
SELECT person, sum(what = 'reports') AS reports, sum(what = 'visits') AS visits, sum(what = 'market') AS market, sum(what = 'changes') AS changes,
  sum(what = 'feedback') AS feedback, max(day) AS last_on
FROM told
WHERE day BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY person
ORDER BY person
