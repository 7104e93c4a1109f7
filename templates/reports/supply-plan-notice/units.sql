SELECT n.value AS name
FROM supply_project AS p, json_each(coalesce(p.units_named, '[]')) AS n
WHERE p.dossier = :customer AND p.id = (
  SELECT q.id FROM supply_project AS q WHERE q.dossier = :customer AND q.plan_on IS NOT NULL ORDER BY q.plan_on DESC, q.id LIMIT 1)
ORDER BY name
