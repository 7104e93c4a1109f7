SELECT p.state AS stage, count(*) AS projects, sum(coalesce(p.plan_capacity, p.capacity)) AS capacity
FROM supply_project AS p
WHERE (:department IS NULL OR p.department = :department)
GROUP BY p.state
ORDER BY CASE p.state WHEN 'applied' THEN 1 WHEN 'transferred' THEN 2 WHEN 'surveyed' THEN 3 WHEN 'planned' THEN 4 WHEN 'argued' THEN 5
  WHEN 'answered' THEN 6 WHEN 'designed' THEN 7 WHEN 'equipped' THEN 8 WHEN 'building' THEN 9 WHEN 'accepted' THEN 10 WHEN 'papers_in' THEN 11
  WHEN 'running' THEN 12 ELSE 13 END, p.state
