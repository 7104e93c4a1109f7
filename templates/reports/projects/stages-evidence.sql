SELECT p.state AS stage, 'supply_project' AS record_kind, p.id AS record, 1 AS projects, coalesce(p.plan_capacity, p.capacity) AS capacity
FROM supply_project AS p
WHERE (:department IS NULL OR p.department = :department)
