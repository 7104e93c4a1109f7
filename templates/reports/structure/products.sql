WITH bought AS (
  SELECT DISTINCT department, dossier, product FROM txn
  WHERE date > :year_ago AND date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
)
SELECT b.department, b.product, g.grade, count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY b.department, b.product) AS share,
  max(t.product_cap) AS cap,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY b.department, b.product) > max(t.product_cap) AS over
FROM bought AS b
JOIN graded AS g ON g.department = b.department AND g.dossier = b.dossier
LEFT JOIN grade_target AS t ON t.department = b.department AND t.grade = g.grade
GROUP BY b.department, b.product, g.grade
ORDER BY b.department, b.product, customers DESC, g.grade
