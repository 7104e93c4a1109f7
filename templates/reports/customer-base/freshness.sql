SELECT a.department, count(*) AS customers, sum(c.fresh BETWEEN :from AND :to) AS updated,
  100.0 * sum(c.fresh BETWEEN :from AND :to) / count(*) AS share,
  sum(c.unverified IS NOT NULL) AS unverified, min(c.fresh) AS oldest, max(c.fresh) AS latest
FROM assignment AS a
JOIN (SELECT id, unverified, max(entered_on, coalesce(confirmed_on, entered_on)) AS fresh FROM customer) AS c ON c.id = a.dossier
WHERE (:department IS NULL OR a.department = :department) AND a.state NOT IN ('merged')
GROUP BY a.department
ORDER BY a.department
