SELECT
  v."on" AS day,
  v.id,
  coalesce(v.entered_for, v.entered_by) AS person,
  coalesce(c.name, v.dossier) AS customer,
  v.whom,
  v.topic,
  v.way,
  v.state,
  v.goal_met,
  coalesce(v.result, v.cancel_reason) AS result,
  v.next_step
FROM visit AS v
LEFT JOIN customer AS c ON c.id = v.dossier
WHERE v."on" BETWEEN :from AND :to AND (:department IS NULL OR v.department = :department)
ORDER BY day DESC, person, v.time, v.id
