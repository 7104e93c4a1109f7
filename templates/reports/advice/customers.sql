SELECT coalesce(c.name, g.dossier) AS customer, g.dossier AS id, count(*) AS times, max(g.day) AS last_on
FROM (
  SELECT v.dossier, v.department, v."on" AS day FROM visit AS v WHERE v.advice IS NOT NULL
  UNION ALL SELECT i.dossier, i.department, i."on" FROM interaction AS i WHERE i.advice IS NOT NULL
) AS g
LEFT JOIN customer AS c ON c.id = g.dossier
WHERE g.day BETWEEN :from AND :to AND (:department IS NULL OR g.department = :department)
GROUP BY g.dossier
ORDER BY times DESC, customer
