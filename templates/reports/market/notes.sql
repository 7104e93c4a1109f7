SELECT topic, "on" AS day, id, region, product, competitor, text, proposal
FROM market_note
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY topic, day DESC, id
