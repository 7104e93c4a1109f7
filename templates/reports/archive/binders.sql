SELECT e.binder, e.department, e.dossier AS id, coalesce(c.name, e.dossier) AS name, e."on" AS ended_on, e.reason, e.text AS note,
  e.moved_on, e.place
FROM ending AS e
LEFT JOIN customer AS c ON c.id = e.dossier
WHERE e.state = 'ended' AND (:department IS NULL OR e.department = :department)
ORDER BY e.binder DESC, e.department, name, id
