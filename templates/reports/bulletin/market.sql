SELECT "on" AS day, id, department, topic, region, competitor, text, proposal
FROM market_note
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
