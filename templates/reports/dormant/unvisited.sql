WITH last AS (
  SELECT a.dossier, a.department, a.owner, a.state, a.since,
    (SELECT max(v."on") FROM visit AS v
      WHERE v.dossier = a.dossier AND v.department = a.department AND v.state = 'done' AND v."on" <= :as_of) AS last_visit
  FROM assignment AS a
  WHERE :department IS NULL OR a.department = :department
)
SELECT l.last_visit, l.dossier AS id, c.name, l.state, l.owner, l.since
FROM last AS l
JOIN customer AS c ON c.id = l.dossier
-- where no visit of the department opens, nothing is known of when it went
WHERE coalesce(l.last_visit, substr(l.since, 1, 10)) <= :half_year_ago
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'visit' AND shut.department = l.department)
ORDER BY l.last_visit, c.name, l.dossier
