WITH latest AS (
  SELECT department, dossier, grade,
    row_number() OVER (PARTITION BY department, dossier ORDER BY "on" DESC, entered_at DESC, id) AS place
  FROM grade
  WHERE state = 'approved' AND product IS NULL AND "on" <= :as_of AND (:department IS NULL OR department = :department)
),
bought AS (
  SELECT DISTINCT department, dossier, product FROM txn
  WHERE date > :year_ago AND date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
)
SELECT b.department, b.product, l.grade, count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY b.department, b.product) AS share
FROM bought AS b
JOIN latest AS l ON l.department = b.department AND l.dossier = b.dossier AND l.place = 1
GROUP BY b.department, b.product, l.grade
ORDER BY b.department, b.product, customers DESC, l.grade
