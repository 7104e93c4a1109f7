SELECT
  e."on" AS day,
  e.id,
  e.name,
  e.what,
  e.state,
  (SELECT count(*) FROM json_each(coalesce(e.guests, '[]'))) AS guests,
  (SELECT sum(json_extract(g.value, '$.came')) FROM json_each(coalesce(e.guests, '[]')) AS g) AS came,
  -- of those of whom it is known
  (SELECT 100.0 * avg(json_extract(g.value, '$.came')) FROM json_each(coalesce(e.guests, '[]')) AS g) AS came_share,
  e.budget,
  e.cost,
  e.result
FROM event AS e
WHERE e."on" BETWEEN :from AND :to AND (:department IS NULL OR e.department = :department)
ORDER BY day DESC, e.id
