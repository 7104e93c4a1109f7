WITH intake AS (
  SELECT f."by" AS person,
    working_days(c.obtained_at_on, f.on_day) AS lag,
    julianday(f.on_day) - julianday(c.obtained_at_on) AS lag_days
  FROM customer AS c
  JOIN first_entry AS f ON f.kind = 'customer' AND f.id = c.id
  WHERE c.obtained_at_on IS NOT NULL
    AND f.on_day BETWEEN :from AND :to
    AND (:department IS NULL
      OR EXISTS (SELECT 1 FROM assignment AS a WHERE a.dossier = c.id AND a.department = :department))
)
SELECT
  person,
  count(*) AS customers,
  sum(lag <= :intake_working_days) AS on_time,
  sum(lag > :intake_working_days) AS late,
  100.0 * sum(lag <= :intake_working_days) / count(*) AS share,
  round(avg(lag), 2) AS lag,
  round(avg(lag_days), 2) AS lag_days,
  max(lag) AS longest
FROM intake
GROUP BY person
ORDER BY share, person
