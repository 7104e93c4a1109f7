SELECT r.department, r.id, coalesce(c.name, r.dossier) AS customer, r.period, r."on" AS day, r."by" AS reviewer, r.score, r.result, r.new_grade,
  r.decided_by, r.state
FROM stage_review AS r
LEFT JOIN customer AS c ON c.id = r.dossier
WHERE r."on" BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY r.department, customer, r.id
