SELECT c.name, a.id, c.category, c.hospital_class, a."on" AS day, a."by", a.total, a.proposed_grade, a.background_done,
  a.readmission, a.change_note, a.state, a.decided_by, a.decided_on, a.refusal_reason
FROM customer AS c
LEFT JOIN admission AS a ON a.dossier = c.id AND a."on" <= :as_of
WHERE c.id = :customer
ORDER BY a."on" DESC, a.entered_at DESC, a.id
LIMIT 1
