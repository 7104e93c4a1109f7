SELECT substr(d.compartment, instr(d.compartment, '.') + 1) AS person, json_extract(r.value, '$.time') AS time,
  coalesce(c.name, json_extract(r.value, '$.customer')) AS customer, 'day_plan' AS record_kind, d.id AS record
FROM day_plan AS d
JOIN json_each(coalesce(d.rows, '[]')) AS r
LEFT JOIN customer AS c ON c.id = json_extract(r.value, '$.customer')
WHERE d."on" = :as_of
