SELECT received_at_on AS received_on, category, state, content
FROM complaint
WHERE dossier = :customer
ORDER BY received_on DESC, id
