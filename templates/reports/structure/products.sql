SELECT b.department, b.product, g.grade, count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY b.department, b.product) AS share
FROM (
  SELECT DISTINCT department, dossier, product FROM txn
  WHERE date > :year_ago AND date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
) AS b
JOIN graded AS g ON g.department = b.department AND g.dossier = b.dossier
GROUP BY b.department, b.product, g.grade
ORDER BY b.department, b.product, customers DESC, g.grade
