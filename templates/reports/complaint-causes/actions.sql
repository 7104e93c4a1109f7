SELECT id, state, subject, root_cause, proposed_by, measure, in_charge, due_on, done_on, effect
FROM improvement
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  AND (source = 'complaint' OR root_cause IS NOT NULL OR json_array_length(coalesce(complaints, '[]')) > 0)
ORDER BY CASE state WHEN 'proposed' THEN 1 WHEN 'accepted' THEN 2 ELSE 3 END, done_on IS NOT NULL, due_on, id
