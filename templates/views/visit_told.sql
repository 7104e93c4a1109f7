-- A visit as its day and its customer's file tell it: whose it was, what came of it, what the customer needs.
SELECT
  v.id,
  v.dossier,
  v.department,
  v."on" AS day,
  v.time,
  CAST(v.time AS INTEGER) AS hour,
  coalesce(v.entered_for, v.entered_by) AS person,
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
