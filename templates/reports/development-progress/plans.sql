SELECT p.id, coalesce(c.name, p.dossier) AS customer, a.owner, p.goal, p."until", p.state,
  (SELECT count(*) FROM json_each(coalesce(p.milestones, '[]'))) AS milestones,
  (SELECT count(json_extract(m.value, '$.done_on')) FROM json_each(coalesce(p.milestones, '[]')) AS m) AS done,
  (SELECT count(*) FROM json_each(coalesce(p.milestones, '[]')) AS m
    WHERE json_extract(m.value, '$.done_on') IS NULL AND json_extract(m.value, '$.due_on') < :as_of) AS late,
  100.0 * (SELECT count(json_extract(m.value, '$.done_on')) FROM json_each(coalesce(p.milestones, '[]')) AS m)
    / nullif((SELECT count(*) FROM json_each(coalesce(p.milestones, '[]'))), 0) AS progress,
  p.amount,
  (SELECT coalesce(sum(t.amount), 0) FROM txn AS t
    WHERE t.dossier = p.dossier AND t.department = p.department AND t.date BETWEEN p.from_day AND min(p."until", :as_of)
      AND (t.direction IS NULL OR t.direction <> 'buy')) AS sold
FROM development_plan AS p
LEFT JOIN customer AS c ON c.id = p.dossier
LEFT JOIN assignment AS a ON a.dossier = p.dossier AND a.department = p.department
WHERE p.from_day <= :to AND p."until" >= :from AND (:department IS NULL OR p.department = :department)
ORDER BY late DESC, p."until", p.id
