SELECT substr(date, 1, 7) AS month, count(*) AS deals, sum(amount) AS amount
FROM txn
WHERE dossier = :customer AND date BETWEEN :from AND :to
GROUP BY month
ORDER BY month
