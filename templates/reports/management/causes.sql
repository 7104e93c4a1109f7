SELECT category, cause, count(*) AS complaints, group_concat(measures, char(10)) AS measures
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY category, cause
ORDER BY complaints DESC, category, cause
