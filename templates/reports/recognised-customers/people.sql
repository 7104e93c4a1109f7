SELECT developer, count(*) AS recognised, sum(state = 'archived') AS archived
FROM newcust_application
WHERE recognised_on BETWEEN :from AND :to AND state IN ('recognised', 'archived')
  AND (:department IS NULL OR department = :department)
GROUP BY developer
ORDER BY recognised DESC, developer
