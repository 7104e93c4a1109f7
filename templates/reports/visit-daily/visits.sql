SELECT v.person, v.time, v.id, coalesce(c.name, v.dossier) AS customer, v.whom, v.topic, v.purpose, v.way, v.state, v.goal_met,
  v.result, v.needs, v.next_step
FROM visit_told AS v
LEFT JOIN customer AS c ON c.id = v.dossier
WHERE v.day BETWEEN :from AND :to AND (:department IS NULL OR v.department = :department)
ORDER BY v.person, v.day, v.hour, v.time, v.id
