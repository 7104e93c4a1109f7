WITH heard AS (
  SELECT *, (SELECT json_group_array(json_array(p.since, p.until)) FROM pause p
    WHERE p.code = 'DUE006' AND p.record = complaint.id) AS paused
  FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
)
SELECT
  category,
  count(*) AS received,
  sum(state <> 'closed') AS open,
  sum(state = 'closed') AS closed,
  100.0 * sum(state = 'closed') / count(*) AS closed_share,
  round(avg(responded_at - received_at) / 3600.0, 1) AS hours_to_answer,
  100.0 * avg(in_time(received_at, responded_at, 'complaint_response')) AS answered_in_time,
  round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days_to_solve,
  100.0 * avg(in_time(received_at, solved_at, CASE WHEN category IN ('quality', 'delivery', 'service')
    THEN 'complaint_' || category || '_within ' WHEN category IN ('dispute', 'contract')
    THEN 'complaint_dispute_within ' ELSE '' END || 'complaint_within', paused)) AS solved_in_time,
  100.0 * sum(reopened_on IS NOT NULL) / count(*) AS reopened_share,
  sum(satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied,
  sum(satisfaction IN ('dissatisfied', 'very_dissatisfied')) AS dissatisfied
FROM heard
GROUP BY category
ORDER BY received DESC, category
