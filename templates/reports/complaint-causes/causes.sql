SELECT
  category,
  cause,
  count(*) AS complaints,
  count(DISTINCT dossier) AS customers,
  sum(measures IS NOT NULL) AS with_measures,
  sum(satisfaction IN ('dissatisfied', 'very_dissatisfied')) AS dissatisfied
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY category, cause
ORDER BY complaints DESC, category, cause
