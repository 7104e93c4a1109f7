SELECT
  substr(received_at_on, 1, 7) AS month,
  count(*) AS received,
  sum(state = 'closed') AS closed,
  sum(satisfaction IN ('satisfied', 'very_satisfied')) AS satisfied
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY month
ORDER BY month
