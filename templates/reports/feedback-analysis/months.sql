SELECT substr("on", 1, 7) AS month, count(*) AS received, count(answered_on) AS answered,
  avg(julianday(answered_on) - julianday("on")) AS days, count(DISTINCT dossier) AS customers
FROM feedback
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY month
ORDER BY month
