WITH
v AS (SELECT dossier, department, count(*) AS n FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to GROUP BY 1, 2),
s AS (SELECT dossier, department, count(*) AS n, sum(amount) AS amount FROM sale WHERE date BETWEEN :from AND :to GROUP BY 1, 2),
p AS (SELECT dossier, department, sum(amount) AS amount FROM payment WHERE "on" BETWEEN :from AND :to GROUP BY 1, 2),
k AS (SELECT dossier, department, count(*) AS n FROM complaint WHERE received_at_on BETWEEN :from AND :to GROUP BY 1, 2)
SELECT
  a.dossier AS id,
  a.department,
  coalesce(c.name, a.dossier) AS name,
  a.state,
  a.owner,
  v.n AS visits,
  s.n AS deals,
  s.amount,
  p.amount AS paid,
  k.n AS complaints
FROM assignment AS a
LEFT JOIN customer AS c ON c.id = a.dossier
LEFT JOIN v ON v.dossier = a.dossier AND v.department = a.department
LEFT JOIN s ON s.dossier = a.dossier AND s.department = a.department
LEFT JOIN p ON p.dossier = a.dossier AND p.department = a.department
LEFT JOIN k ON k.dossier = a.dossier AND k.department = a.department
WHERE (:department IS NULL OR a.department = :department)
  AND coalesce(v.n, s.n, p.amount, k.n) IS NOT NULL
ORDER BY s.amount DESC, name, a.dossier, a.department
