SELECT
  f."by" AS person,
  c.name,
  c.obtained_at_on AS obtained_on,
  f.on_day AS entered_on,
  working_days(c.obtained_at_on, f.on_day) AS lag
FROM customer AS c
JOIN first_entry AS f ON f.kind = 'customer' AND f.id = c.id
WHERE working_days(c.obtained_at_on, f.on_day) > :intake_working_days
  AND f.on_day BETWEEN :from AND :to
  AND (:department IS NULL
    OR EXISTS (SELECT 1 FROM assignment AS a WHERE a.dossier = c.id AND a.department = :department))
ORDER BY lag DESC, c.name, c.id
