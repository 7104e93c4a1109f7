SELECT text, count(DISTINCT dossier) AS customers, count(*) AS received, max("on") AS last_on
FROM feedback
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY text
HAVING count(DISTINCT dossier) > 1
ORDER BY customers DESC, received DESC, text
