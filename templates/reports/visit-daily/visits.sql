SELECT
  coalesce(v.entered_for, v.entered_by) AS person,
  v.time,
  v.id,
  coalesce(c.name, v.dossier) AS customer,
  v.whom,
  v.topic,
  v.purpose,
  v.way,
  v.state,
  v.goal_met,
  coalesce(v.result, v.cancel_reason) AS result,
  coalesce(v.needs_heard, v.changes_in_needs) AS needs,
  v.next_step
FROM visit AS v
LEFT JOIN customer AS c ON c.id = v.dossier
WHERE v."on" BETWEEN :from AND :to AND (:department IS NULL OR v.department = :department)
ORDER BY person, v."on", CAST(v.time AS INTEGER), v.time, v.id
