WITH graded AS (
  SELECT g.dossier, g.department, g.grade,
    row_number() OVER (PARTITION BY g.department, g.dossier ORDER BY g."on" DESC, g.entered_at DESC, g.id) AS place
  FROM grade AS g
  WHERE g.state = 'approved' AND g."on" <= :to AND (:department IS NULL OR g.department = :department)
)
SELECT g.dossier AS id, g.department, coalesce(c.name, g.dossier) AS name, a.owner,
  (SELECT count(*) FROM visit AS v WHERE v.dossier = g.dossier AND v.department = g.department AND v.state = 'done'
    AND v."on" BETWEEN :from AND :to) AS visits,
  (SELECT sum(amount) FROM sale AS s WHERE s.dossier = g.dossier AND s.department = g.department
    AND s.date BETWEEN :from AND :to) AS amount,
  (SELECT sum(amount) FROM sale AS s WHERE s.dossier = g.dossier AND s.department = g.department
    AND s.date >= date(:from, '-1 month') AND s.date < :from) AS before,
  (SELECT count(*) FROM complaint AS k WHERE k.dossier = g.dossier AND k.department = g.department
    AND k.received_at_on BETWEEN :from AND :to) AS complaints
FROM graded AS g
LEFT JOIN customer AS c ON c.id = g.dossier
LEFT JOIN assignment AS a ON a.dossier = g.dossier AND a.department = g.department
WHERE g.place = 1 AND g.grade = 'C'
ORDER BY amount DESC, name, g.dossier
