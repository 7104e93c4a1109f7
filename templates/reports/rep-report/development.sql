SELECT coalesce(c.name, a.dossier) AS customer, a.owner, a.state,
  (SELECT count(*) FROM visit AS v WHERE v.dossier = a.dossier AND v.department = a.department AND v.state = 'done'
    AND v."on" BETWEEN :from AND :to AND (:member IS NULL OR v.entered_by = :member)) AS visits,
  (SELECT count(*) FROM development_plan AS d, json_each(coalesce(d.milestones, '[]')) AS m
    WHERE d.dossier = a.dossier AND d.department = a.department) AS milestones,
  (SELECT count(*) FROM development_plan AS d, json_each(coalesce(d.milestones, '[]')) AS m
    WHERE d.dossier = a.dossier AND d.department = a.department AND json_extract(m.value, '$.done_on') <= :to) AS reached,
  (SELECT min(json_extract(m.value, '$.due_on')) FROM development_plan AS d, json_each(coalesce(d.milestones, '[]')) AS m
    WHERE d.dossier = a.dossier AND d.department = a.department AND json_extract(m.value, '$.done_on') IS NULL) AS next_due
FROM assignment AS a
LEFT JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('potential', 'intending') AND (:member IS NULL OR a.owner = :member)
  AND (:department IS NULL OR a.department = :department)
ORDER BY visits DESC, customer
