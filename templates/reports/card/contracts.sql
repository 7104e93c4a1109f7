SELECT number, subject, state, valid_to, amount
FROM contract
WHERE dossier = :customer
ORDER BY valid_to DESC, id
