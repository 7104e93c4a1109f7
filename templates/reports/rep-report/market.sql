SELECT "on" AS day, id, topic, text, proposal FROM market_note
WHERE "on" BETWEEN :from AND :to AND (:member IS NULL OR entered_by = :member) AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
