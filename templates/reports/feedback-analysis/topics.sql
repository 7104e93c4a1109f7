SELECT topic, count(*) AS received, 100.0 * count(*) / sum(count(*)) OVER () AS share,
  count(DISTINCT dossier) AS customers, sum(action IS NOT NULL OR improvement IS NOT NULL) AS acted
FROM feedback
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY topic
ORDER BY received DESC, topic
