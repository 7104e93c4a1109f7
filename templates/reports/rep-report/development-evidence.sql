SELECT coalesce(c.name, a.dossier) AS customer, 'visit' AS record_kind, v.id AS record, 1 AS visits, 0 AS milestones, 0 AS reached
FROM assignment AS a
JOIN visit AS v ON v.dossier = a.dossier AND v.department = a.department AND v.state = 'done' AND v."on" BETWEEN :from AND :to
  AND (:member IS NULL OR v.entered_by = :member)
LEFT JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('potential', 'intending') AND (:member IS NULL OR a.owner = :member)
  AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT coalesce(c.name, a.dossier), 'development_plan', d.id, 0, json_array_length(coalesce(d.milestones, '[]')),
  (SELECT count(*) FROM json_each(coalesce(d.milestones, '[]')) AS m WHERE json_extract(m.value, '$.done_on') <= :to)
FROM assignment AS a
JOIN development_plan AS d ON d.dossier = a.dossier AND d.department = a.department
LEFT JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('potential', 'intending') AND (:member IS NULL OR a.owner = :member)
  AND (:department IS NULL OR a.department = :department)
