SELECT "on" AS day, id, about AS person, what, duty, reason, amount, decided_by
FROM staff_note
WHERE what <> 'appraisal' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
