SELECT what, number, valid_to, CAST(julianday(valid_to) - julianday(:as_of) AS INTEGER) AS days_left
FROM qualification
WHERE dossier = :customer
ORDER BY valid_to, id
