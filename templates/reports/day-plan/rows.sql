SELECT
  substr(d.compartment, instr(d.compartment, '.') + 1) AS person,
  json_extract(r.value, '$.time') AS time,
  coalesce(c.name, json_extract(r.value, '$.customer')) AS customer,
  json_extract(r.value, '$.whom') AS whom,
  json_extract(r.value, '$.topic') AS topic,
  json_extract(r.value, '$.place') AS place,
  json_extract(r.value, '$.purpose') AS purpose,
  json_extract(r.value, '$.way') AS way,
  json_extract(r.value, '$.minimum_goal') AS minimum_goal
FROM day_plan AS d
JOIN json_each(coalesce(d.rows, '[]')) AS r
LEFT JOIN customer AS c ON c.id = json_extract(r.value, '$.customer')
WHERE d."on" = :as_of AND (:department IS NULL OR d.department = :department)
ORDER BY person, CAST(time AS INTEGER), time, r.key
