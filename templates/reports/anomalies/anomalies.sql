SELECT a."on" AS day, a.id, coalesce(c.name, a.dossier) AS customer, a.what, a.source, a.amount, a.state,
  CAST(julianday(coalesce(a.handled_on, a.reported_on, :as_of)) - julianday(a."on") AS INTEGER) AS days, a.measure
FROM anomaly AS a
LEFT JOIN customer AS c ON c.id = a.dossier
WHERE (a.state = 'open' AND a."on" <= :to OR a."on" BETWEEN :from AND :to) AND (:department IS NULL OR a.department = :department)
ORDER BY a.state = 'open' DESC, a."on", a.id
