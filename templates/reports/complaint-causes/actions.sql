SELECT id, state, subject, root_cause, in_charge, due_on, done_on, effect
FROM improvement
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY done_on IS NOT NULL, due_on, id
