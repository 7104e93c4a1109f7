SELECT "on" AS on_day, topic, whom, state, result
FROM visit
WHERE dossier = :customer
ORDER BY on_day DESC, id
LIMIT 6
