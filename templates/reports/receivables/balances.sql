WITH sold AS (
  SELECT dossier, date, amount,
    sum(amount) OVER (PARTITION BY dossier ORDER BY date, id ROWS UNBOUNDED PRECEDING) AS so_far
  FROM txn
  WHERE date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
    AND (:department IS NULL OR department = :department)
),
paid AS (
  SELECT dossier, sum(amount) AS paid FROM payment
  WHERE "on" <= :as_of AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
owed AS (
  SELECT s.dossier, s.date, s.amount, coalesce(p.paid, 0) AS paid,
    max(0, min(s.amount, s.so_far - coalesce(p.paid, 0))) AS open
  FROM sold AS s LEFT JOIN paid AS p ON p.dossier = s.dossier
)
SELECT
  o.dossier AS id,
  coalesce(c.name, o.dossier) AS name,
  sum(o.amount) AS sold,
  max(o.paid) AS paid,
  sum(o.amount) - max(o.paid) AS balance,
  sum(CASE WHEN julianday(:as_of) - julianday(o.date) <= 30 THEN o.open ELSE 0 END) AS d30,
  sum(CASE WHEN julianday(:as_of) - julianday(o.date) BETWEEN 31 AND 90 THEN o.open ELSE 0 END) AS d90,
  sum(CASE WHEN julianday(:as_of) - julianday(o.date) > 90 THEN o.open ELSE 0 END) AS older,
  (SELECT k."limit" FROM credit AS k WHERE k.dossier = o.dossier AND k."limit" IS NOT NULL AND k."on" <= :as_of
     AND (:department IS NULL OR k.department = :department) ORDER BY k."on" DESC, k.id DESC LIMIT 1) AS credit_limit
FROM owed AS o
LEFT JOIN customer AS c ON c.id = o.dossier
GROUP BY o.dossier
HAVING balance <> 0
ORDER BY balance DESC, name, id
