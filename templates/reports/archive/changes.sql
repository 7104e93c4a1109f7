SELECT r."on" AS day, r.id, 'register_survey' AS kind, coalesce(c.name, r.dossier) AS name, r.changes AS text, r."by", r.listed_on
FROM register_survey AS r
LEFT JOIN customer AS c ON c.id = r.dossier
WHERE r.found <> 'unchanged' AND r."on" BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
UNION ALL
SELECT n."on", n.id, 'change_notice', coalesce(c.name, n.dossier), n.text, n."by", n.listed_on
FROM change_notice AS n
LEFT JOIN customer AS c ON c.id = n.dossier
WHERE n."on" BETWEEN :from AND :to AND (:department IS NULL OR n.department = :department)
ORDER BY 1 DESC, 2
