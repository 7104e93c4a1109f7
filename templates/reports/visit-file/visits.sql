SELECT day, person, id, whom, topic, purpose, way, state, goal_met, result, needs, next_step
FROM visit_told
WHERE dossier = :customer AND day <= :as_of
ORDER BY day DESC, hour, time, id
