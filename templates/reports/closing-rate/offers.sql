SELECT c.outcome, c.id, coalesce(k.name, c.dossier) AS customer, c.subject, c.owner, c.begun_on, c.amount, c.lost_reason
FROM chance AS c
LEFT JOIN customer AS k ON k.id = c.dossier
WHERE c.outcome IS NOT NULL
ORDER BY c.outcome, c.begun_on, c.id
