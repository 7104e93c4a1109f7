WITH first AS (SELECT dossier, min(date) AS day FROM sale GROUP BY dossier)
SELECT CAST((julianday(:to) - julianday(f.day)) / 365.25 AS INTEGER) AS years, count(DISTINCT f.dossier) AS customers, sum(s.amount) AS amount
FROM first AS f
JOIN sale AS s ON s.dossier = f.dossier
WHERE s.date BETWEEN :from AND :to
GROUP BY years
ORDER BY years
