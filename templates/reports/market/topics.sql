SELECT topic, count(*) AS notes, count(proposal) AS proposals
FROM market_note
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY topic
ORDER BY notes DESC, topic
