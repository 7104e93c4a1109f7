SELECT
  purpose,
  count(*) AS visits,
  100.0 * sum(goal_met) / nullif(count(goal_met), 0) AS goal_share
FROM visit
WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY purpose
ORDER BY visits DESC, purpose
