SELECT coalesce(v.entered_for, v.entered_by) AS person, v.purpose, 'visit' AS record_kind, v.id AS record,
  v.state = 'planned' AS planned, v.state = 'done' AS done, v.state = 'incident' AS incident, v.state = 'cancelled' AS cancelled,
  v.state = 'done' AND row_number() OVER (
    PARTITION BY coalesce(v.entered_for, v.entered_by), v.dossier ORDER BY v.state = 'done' DESC, v.id) = 1 AS customers,
  v.state = 'done' AS visits
FROM visit AS v
WHERE v."on" BETWEEN :from AND :to AND (:department IS NULL OR v.department = :department)
