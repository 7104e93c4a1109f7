-- What each customer owes on the day: what was sold to it less what it paid, as in the report of receivables.
SELECT s.dossier, s.sold - coalesce(p.paid, 0) AS owed
FROM (
  SELECT dossier, sum(amount) AS sold FROM txn
  WHERE date <= :as_of AND coalesce(direction, 'sell') <> 'buy' AND coalesce(sample, 0) = 0
    AND (:department IS NULL OR department = :department)
  GROUP BY dossier
) AS s
LEFT JOIN (
  SELECT dossier, sum(amount) AS paid FROM payment
  WHERE "on" <= :as_of AND (:department IS NULL OR department = :department)
  GROUP BY dossier
) AS p ON p.dossier = s.dossier
