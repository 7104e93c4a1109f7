SELECT c.id, c.name, f."by" AS person, c.obtained_at_on AS obtained_on, f.on_day AS entered_on,
  working_days(c.obtained_at_on, f.on_day) AS lag
FROM customer AS c
JOIN first_entry AS f ON f.kind = 'customer' AND f.id = c.id
WHERE c.source IS NOT 'import' AND f.on_day > :half_year_ago
  AND working_days(c.obtained_at_on, f.on_day) > :intake_working_days
  AND (:department IS NULL OR c.id IN (SELECT dossier FROM assignment WHERE department = :department))
ORDER BY lag DESC, c.name, c.id
