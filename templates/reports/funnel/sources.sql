WITH dealing AS (
  SELECT c.source, a.dossier, a.department, a.state,
    (SELECT sum(t.amount) FROM txn AS t
     WHERE t.dossier = a.dossier AND t.department = a.department AND t.date BETWEEN :from AND :to) AS amount
  FROM assignment AS a
  JOIN customer AS c ON c.id = a.dossier
  WHERE :department IS NULL OR a.department = :department
)
SELECT
  source,
  count(*) AS customers,
  sum(state = 'potential') AS potential,
  sum(state = 'intending') AS intending,
  sum(state = 'closed') AS closed,
  sum(state = 'key') AS key_customers,
  100.0 * sum(state IN ('closed', 'key')) / count(*) AS closed_share,
  nullif(sum(amount IS NOT NULL), 0) AS buyers,
  sum(amount) AS amount
FROM dealing
GROUP BY source
ORDER BY customers DESC, source
