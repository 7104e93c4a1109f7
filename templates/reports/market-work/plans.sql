SELECT p.id, p.period AS span, p.subject, p.in_charge, p.state,
  (SELECT count(*) FROM json_each(coalesce(p.measures, '[]'))) AS measures,
  (SELECT count(*) FROM json_each(coalesce(p.measures, '[]')) AS m WHERE json_extract(m.value, '$.done_on') <= :as_of) AS done,
  (SELECT count(*) FROM json_each(coalesce(p.measures, '[]')) AS m
    WHERE json_extract(m.value, '$.due_on') < :as_of AND json_extract(m.value, '$.done_on') IS NULL) AS late,
  p.progress,
  (SELECT json_extract(r.value, '$.text') FROM json_each(coalesce(p.reports, '[]')) AS r
    ORDER BY json_extract(r.value, '$.on') DESC LIMIT 1) AS latest
FROM work_plan AS p
WHERE p.period_last >= :from AND p.period_first <= :to AND (:department IS NULL OR p.department = :department)
ORDER BY p.period, p.id
