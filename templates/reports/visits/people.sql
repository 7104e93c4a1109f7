SELECT
  coalesce(v.entered_for, v.entered_by) AS person,
  sum(v.state = 'planned') AS planned,
  sum(v.state = 'done') AS done,
  sum(v.state = 'incident') AS incident,
  sum(v.state = 'cancelled') AS cancelled,
  -- of those whose day has come
  100.0 * sum(v.state = 'done') / nullif(sum(v.state <> 'planned' OR v."on" < :as_of), 0) AS done_share,
  100.0 * sum(v.state = 'done' AND v.goal_met) / nullif(sum(v.state = 'done' AND v.goal_met IS NOT NULL), 0) AS goal_share,
  count(DISTINCT CASE WHEN v.state = 'done' THEN v.dossier END) AS customers
FROM visit AS v
WHERE v."on" BETWEEN :from AND :to AND (:department IS NULL OR v.department = :department)
GROUP BY person
ORDER BY done DESC, person
