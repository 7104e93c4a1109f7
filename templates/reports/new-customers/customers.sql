SELECT
  c.obtained_at_on AS obtained_on,
  c.id,
  c.name,
  c.source,
  a.state,
  a.owner,
  CASE WHEN NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'visit' AND shut.department = a.department) THEN (SELECT count(*) FROM visit AS v
    WHERE v.dossier = a.dossier AND v.department = a.department AND v.state = 'done') END AS visits,
  (SELECT min(t.date) FROM txn AS t WHERE t.dossier = a.dossier AND t.department = a.department) AS first_trade,
  (SELECT group_concat(json_extract(n.value, '$.text'), char(10)) FROM json_each(coalesce(c.needs, '[]')) AS n) AS needs
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
-- the list a company started with is no development
WHERE c.obtained_at_on BETWEEN :from AND :to AND c.source IS NOT 'import'
  AND (:department IS NULL OR a.department = :department)
ORDER BY obtained_on DESC, c.name, c.id
