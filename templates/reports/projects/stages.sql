SELECT p.state AS stage, count(*) AS projects, sum(coalesce(p.plan_capacity, p.capacity)) AS capacity
FROM supply_project AS p
WHERE (:department IS NULL OR p.department = :department)
GROUP BY p.state
ORDER BY min(p.applied_on), p.state
