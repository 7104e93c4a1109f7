WITH
bought AS (SELECT DISTINCT dossier FROM sale WHERE date BETWEEN :from AND :to),
before AS (SELECT DISTINCT dossier FROM sale WHERE date < :from AND date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days')),
often AS (SELECT dossier FROM sale WHERE date BETWEEN :from AND :to GROUP BY dossier HAVING count(DISTINCT date) > 1)
SELECT
  (SELECT count(*) FROM bought) AS buyers,
  (SELECT count(*) FROM before) AS buyers_before,
  (SELECT count(*) FROM before WHERE dossier IN (SELECT dossier FROM bought)) AS kept,
  100.0 * (SELECT count(*) FROM before WHERE dossier IN (SELECT dossier FROM bought)) / nullif((SELECT count(*) FROM before), 0) AS kept_share,
  (SELECT count(*) FROM often) AS again,
  100.0 * (SELECT count(*) FROM often) / nullif((SELECT count(*) FROM bought), 0) AS again_share
