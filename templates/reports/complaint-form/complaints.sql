SELECT k.id, c.name AS customer, k.received_at_on AS received_on, k.category, k.from_whom, k.handler, k.content, k.cause, k.solution,
  k.measures, k.solved_at_on AS solved_on, k.told_at_on AS told_on, k.satisfaction, k.state
FROM complaint AS k
LEFT JOIN customer AS c ON c.id = k.dossier
WHERE k.dossier = :customer AND k.received_at_on BETWEEN :from AND :to
ORDER BY received_on DESC, k.id
