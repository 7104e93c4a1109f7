WITH last AS (
  SELECT dossier, department, max(date) AS last_trade,
    sum(CASE WHEN date > :year_ago THEN amount END) AS amount_year
  FROM txn
  WHERE date <= :as_of AND (direction IS NULL OR direction <> 'buy')
    AND (:department IS NULL OR department = :department)
  GROUP BY dossier, department
)
SELECT
  l.last_trade,
  CAST(julianday(:as_of) - julianday(l.last_trade) AS INTEGER) AS days,
  l.dossier AS id,
  coalesce(c.name, l.dossier) AS name,
  a.owner,
  l.amount_year,
  (SELECT max(v."on") FROM visit AS v
    WHERE v.dossier = l.dossier AND v.department = l.department AND v.state = 'done' AND v."on" <= :as_of) AS last_visit
FROM last AS l
LEFT JOIN customer AS c ON c.id = l.dossier
LEFT JOIN assignment AS a ON a.dossier = l.dossier AND a.department = l.department
WHERE l.last_trade <= :quarter_ago
ORDER BY l.last_trade, name, l.dossier
