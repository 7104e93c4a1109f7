-- The grade in force of each customer of a department, on the main axis: the last one approved. `seats`: how many there
-- were of that grade at the grading (a record that waits for a higher one keeps the seats of what it waits for).
SELECT id, department, dossier, grade, seats, "on"
FROM (
  SELECT id, department, dossier, grade, CASE WHEN waiting_for IS NULL THEN seats END AS seats, "on",
    row_number() OVER (PARTITION BY department, dossier ORDER BY "on" DESC, entered_at DESC, id) AS place
  FROM grade
  WHERE state = 'approved' AND coalesce(axis, 'grade') = 'grade' AND product IS NULL AND "on" <= :as_of
    AND (:department IS NULL OR department = :department)
)
WHERE place = 1 AND grade IS NOT NULL
