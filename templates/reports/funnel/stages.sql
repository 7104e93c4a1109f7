WITH reached AS (
  SELECT a.dossier, a.state, a.since, a.department,
    CASE a.state WHEN 'potential' THEN 1 WHEN 'intending' THEN 2 WHEN 'closed' THEN 3 WHEN 'key' THEN 4 END AS rung
  FROM assignment AS a
  WHERE a.state IN ('potential', 'intending', 'closed', 'key') AND (:department IS NULL OR a.department = :department)
),
step (stage, rung) AS (VALUES ('potential', 1), ('intending', 2), ('closed', 3), ('key', 4)),
counted AS (
  SELECT s.stage, s.rung,
    sum(r.rung >= s.rung) AS reached,
    sum(r.rung = s.rung) AS now,
    sum(r.rung = s.rung AND substr(r.since, 1, 10) BETWEEN :from AND :to) AS entered,
    round(avg(CASE WHEN r.rung = s.rung THEN julianday(:as_of) - julianday(substr(r.since, 1, 10)) END), 1) AS days
  FROM step AS s LEFT JOIN reached AS r
  GROUP BY s.stage, s.rung
)
SELECT stage, reached, 100.0 * reached / nullif(lag(reached) OVER (ORDER BY rung), 0) AS of_before,
  100.0 * reached / nullif(first_value(reached) OVER (ORDER BY rung), 0) AS of_all, now, entered, days
FROM counted
WHERE EXISTS (SELECT 1 FROM reached)
ORDER BY rung
