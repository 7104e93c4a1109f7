SELECT "on" AS day, id, what, population, asked, answered, 100.0 * answered / nullif(asked, 0) AS response, findings, evaluation
FROM wave
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
