SELECT
  category,
  count(*) AS received,
  sum(state <> 'closed') AS open,
  100.0 * sum(substr(coalesce(registered_at_on, entered_on), 1, 10) = received_at_on) / count(*) AS registered,
  100.0 * avg(in_time(received_at, solved_at, CASE WHEN category IN ('quality', 'delivery', 'service')
    THEN 'complaint_' || category || '_within ' WHEN category IN ('dispute', 'contract')
    THEN 'complaint_dispute_within ' ELSE '' END || 'complaint_within',
    (SELECT json_group_array(json_array(p.since, p.until)) FROM pause p
    WHERE p.code = 'DUE006' AND p.record = complaint.id))) AS in_time,
  round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days
FROM complaint
WHERE received_at_on BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
  AND (:department IS NULL OR department = :department)
GROUP BY category
ORDER BY received DESC, category
