SELECT f."by" AS person, 'customer' AS record_kind, c.id AS record, 1 AS customers,
  working_days(c.obtained_at_on, f.on_day) <= :intake_working_days AS on_time,
  working_days(c.obtained_at_on, f.on_day) > :intake_working_days AS late
FROM customer AS c
JOIN first_entry AS f ON f.kind = 'customer' AND f.id = c.id
WHERE c.obtained_at_on IS NOT NULL AND f.on_day BETWEEN :from AND :to
  AND (:department IS NULL
    OR EXISTS (SELECT 1 FROM assignment AS a WHERE a.dossier = c.id AND a.department = :department))
