SELECT a.state, a.dossier AS id, a.department, coalesce(c.name, a.dossier) AS name, a.owner, a.since,
  (SELECT max(date) FROM txn AS t WHERE t.dossier = a.dossier AND t.department = a.department AND t.date <= :as_of) AS last_trade
FROM assignment AS a
LEFT JOIN customer AS c ON c.id = a.dossier
WHERE a.state IN ('suspended', 'past') AND (:department IS NULL OR a.department = :department)
ORDER BY a.state DESC, a.since DESC, name, a.dossier
