WITH heard AS (
  SELECT coalesce(root_cause, 'unknown') AS root, count(*) AS complaints
  FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY root
)
SELECT
  nullif(root, 'unknown') AS root_cause,
  complaints,
  100.0 * complaints / sum(complaints) OVER () AS share,
  100.0 * sum(complaints) OVER (ORDER BY complaints DESC, root ROWS UNBOUNDED PRECEDING) / sum(complaints) OVER ()
    AS together
FROM heard
ORDER BY complaints DESC, root
