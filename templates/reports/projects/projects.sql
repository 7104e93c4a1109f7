SELECT id, customer, name, stage, area, capacity, applied_on, unit, by_rule, unit <> by_rule AS astray
FROM (
  SELECT p.id, coalesce(c.name, p.dossier) AS customer, p.name, p.state AS stage, p.area, coalesce(p.plan_capacity, p.capacity) AS capacity, p.applied_on, p.unit,
    (SELECT min(u.name) FROM supply_unit AS u, json_each(coalesce(u.areas, '[]')) AS a
      WHERE u.what = 'application' AND a.value = p.area AND p.capacity >= coalesce(u.capacity_from, 0)
        AND p.capacity < coalesce(u.capacity_to, p.capacity + 1)) AS by_rule
  FROM supply_project AS p
  LEFT JOIN customer AS c ON c.id = p.dossier
  WHERE (:department IS NULL OR p.department = :department))
ORDER BY applied_on DESC, id
