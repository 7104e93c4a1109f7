SELECT DISTINCT t.department, t.product, g.grade, 'customer' AS record_kind, t.dossier AS record, 1 AS customers
FROM txn AS t
JOIN graded AS g ON g.department = t.department AND g.dossier = t.dossier
WHERE t.date > :year_ago AND t.date <= :as_of AND coalesce(t.direction, 'sell') <> 'buy' AND coalesce(t.sample, 0) = 0
