SELECT "on" AS day, id, topic, region, coalesce(entered_for, entered_by) AS person, competitor, text, proposal
FROM market_note
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
