WITH latest AS (
  SELECT department, dossier, grade, seats,
    row_number() OVER (PARTITION BY department, dossier ORDER BY "on" DESC, entered_at DESC, id) AS place
  FROM grade
  WHERE state = 'approved' AND "on" <= :as_of AND (:department IS NULL OR department = :department)
)
SELECT
  department,
  grade,
  count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY department) AS share,
  max(seats) AS seats
FROM latest
WHERE place = 1
GROUP BY department, grade
ORDER BY department, customers, grade
