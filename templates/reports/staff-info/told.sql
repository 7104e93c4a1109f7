SELECT day, person, kind, id, customer, text FROM (
  SELECT v."on" AS day, coalesce(v.entered_for, v.entered_by) AS person, 'visit' AS kind, v.id, c.name AS customer,
    coalesce(v.needs_heard, v.result, v.topic) AS text, v.department
  FROM visit AS v LEFT JOIN customer AS c ON c.id = v.dossier WHERE v.state = 'done'
  UNION ALL SELECT m."on", coalesce(m.entered_for, m.entered_by), 'market_note', m.id, NULL, m.text, m.department FROM market_note AS m
  UNION ALL SELECT r.reported_on, coalesce(r.entered_for, r.entered_by), 'registration_change', r.id, c.name, r.after, r.department
  FROM registration_change AS r LEFT JOIN customer AS c ON c.id = r.dossier
  UNION ALL SELECT s."on", coalesce(s.entered_for, s.entered_by), 'staff_report', s.id, c.name, s.text, s.department
  FROM staff_report AS s LEFT JOIN customer AS c ON c.id = s.customer
)
WHERE day BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY person, day DESC, id
