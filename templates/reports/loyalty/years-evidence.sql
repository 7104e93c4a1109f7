SELECT CAST((julianday(:to) - julianday(f.day)) / 365.25 AS INTEGER) AS years, 'transaction' AS record_kind, s.id AS record,
  row_number() OVER (PARTITION BY s.dossier ORDER BY s.date, s.id) = 1 AS customers, s.amount
FROM (SELECT dossier, min(date) AS day FROM sale GROUP BY dossier) AS f
JOIN sale AS s ON s.dossier = f.dossier
WHERE s.date BETWEEN :from AND :to
