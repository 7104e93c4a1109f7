WITH fresh AS (
  SELECT a.dossier, a.department, a.owner, a.state,
    CASE WHEN NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'visit' AND shut.department = a.department) THEN EXISTS (SELECT 1 FROM visit AS v
      WHERE v.dossier = a.dossier AND v.department = a.department AND v.state = 'done') END AS visited,
    (SELECT sum(t.amount) FROM txn AS t
      WHERE t.dossier = a.dossier AND t.department = a.department AND t.date BETWEEN :from AND :to
        AND (t.direction IS NULL OR t.direction <> 'buy')) AS amount
  FROM assignment AS a
  JOIN customer AS c ON c.id = a.dossier
  WHERE c.obtained_at_on BETWEEN :from AND :to AND c.source IS NOT 'import'
    AND (:department IS NULL OR a.department = :department)
)
SELECT
  owner,
  count(*) AS customers,
  sum(visited) AS visited,
  sum(state IN ('intending', 'closed', 'key')) AS intending,
  sum(state IN ('closed', 'key')) AS closed,
  100.0 * sum(state IN ('closed', 'key')) / count(*) AS closed_share,
  sum(amount) AS amount
FROM fresh
GROUP BY owner
ORDER BY customers DESC, owner
