WITH
bought AS (SELECT DISTINCT dossier FROM sale WHERE date BETWEEN :from AND :to),
before AS (SELECT DISTINCT dossier FROM sale WHERE date < :from AND date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days'))
SELECT 'buyers' AS figure, 'customer' AS record_kind, dossier AS record FROM bought
UNION ALL SELECT 'buyers_before', 'customer', dossier FROM before
UNION ALL SELECT 'kept', 'customer', dossier FROM before WHERE dossier IN (SELECT dossier FROM bought)
UNION ALL SELECT 'again', 'customer', dossier FROM sale WHERE date BETWEEN :from AND :to GROUP BY dossier HAVING count(DISTINCT date) > 1
