SELECT channel, count(*) AS received, sum(state = 'closed') AS closed
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY channel
ORDER BY received DESC, channel
