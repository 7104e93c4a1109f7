WITH part AS (
  SELECT dossier, department, name, amount,
    (CAST(substr(date, 1, 4) AS INTEGER) - CAST(substr(:from, 1, 4) AS INTEGER)) * 12
      + CAST(substr(date, 6, 2) AS INTEGER) - CAST(substr(:from, 6, 2) AS INTEGER) AS month
  FROM sale
  WHERE date BETWEEN :from AND :to
)
SELECT
  s.name,
  s.department,
  a.owner,
  count(*) AS deals,
  sum(s.amount) AS amount,
  100.0 * sum(s.amount) / nullif((SELECT sum(amount) FROM part), 0) AS share,
  sum(CASE WHEN s.month = 0 THEN s.amount END) AS m0,
  sum(CASE WHEN s.month = 1 THEN s.amount END) AS m1,
  sum(CASE WHEN s.month = 2 THEN s.amount END) AS m2,
  sum(CASE WHEN s.month = 3 THEN s.amount END) AS m3,
  sum(CASE WHEN s.month = 4 THEN s.amount END) AS m4,
  sum(CASE WHEN s.month = 5 THEN s.amount END) AS m5,
  sum(CASE WHEN s.month = 6 THEN s.amount END) AS m6,
  sum(CASE WHEN s.month = 7 THEN s.amount END) AS m7,
  sum(CASE WHEN s.month = 8 THEN s.amount END) AS m8,
  sum(CASE WHEN s.month = 9 THEN s.amount END) AS m9,
  sum(CASE WHEN s.month = 10 THEN s.amount END) AS m10,
  sum(CASE WHEN s.month = 11 THEN s.amount END) AS m11
FROM part AS s
LEFT JOIN assignment AS a ON a.dossier = s.dossier AND a.department = s.department
GROUP BY s.dossier, s.department
ORDER BY amount DESC, name, s.dossier, s.department
