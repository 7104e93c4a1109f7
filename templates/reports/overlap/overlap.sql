SELECT a.dossier AS id, c.name, a.department, a.owner, a.state, a.since,
  (SELECT sum(t.amount) FROM txn t WHERE t.dossier = a.dossier AND t.department = a.department
     AND t.date > :year_ago AND t.date <= :as_of AND coalesce(t.sample, 0) = 0) AS year_amount
FROM assignment a LEFT JOIN customer c ON c.id = a.dossier
WHERE (SELECT count(*) FROM assignment o WHERE o.dossier = a.dossier AND o.state NOT IN ('merged', 'past')) > 1
  AND a.state NOT IN ('merged', 'past')
ORDER BY a.dossier, a.department
