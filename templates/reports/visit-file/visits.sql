SELECT
  v."on" AS day,
  coalesce(v.entered_for, v.entered_by) AS person,
  v.id,
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
WHERE v.dossier = :customer AND v."on" <= :as_of
ORDER BY day DESC, CAST(v.time AS INTEGER), v.time, v.id
