WITH sale AS (
  SELECT t.dossier, coalesce(c.name, t.dossier) AS what, t.amount
  FROM txn AS t
  LEFT JOIN customer AS c ON c.id = t.dossier
  WHERE t.date BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
    AND (t.direction IS NULL OR t.direction <> 'buy')
    AND (:department IS NULL OR t.department = :department)
)
SELECT
  what AS name,
  sum(amount) AS amount,
  100.0 * sum(amount) / nullif((SELECT sum(amount) FROM sale), 0) AS share
FROM sale
GROUP BY dossier
ORDER BY amount DESC, name, dossier
LIMIT 8
