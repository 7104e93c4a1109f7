WITH
fact AS (
  SELECT substr(obtained_at_on, 1, 7) AS month, 'new_customers' AS what, NULL AS amount FROM customer
    WHERE obtained_at_on BETWEEN :from AND :to
      AND (:department IS NULL OR id IN (SELECT dossier FROM assignment WHERE department = :department))
  UNION ALL SELECT substr("on", 1, 7), 'visits', NULL FROM visit
    WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  UNION ALL SELECT substr(received_at_on, 1, 7), 'complaints', NULL FROM complaint
    WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  UNION ALL SELECT substr(solved_at_on, 1, 7), 'solved', NULL FROM complaint
    WHERE solved_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  UNION ALL SELECT substr("on", 1, 7), 'feedback', NULL FROM feedback
    WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  UNION ALL SELECT substr(date, 1, 7), 'deals', amount FROM sale WHERE date BETWEEN :from AND :to
)
SELECT
  month,
  sum(what = 'new_customers') AS new_customers,
  sum(what = 'visits') AS visits,
  sum(what = 'complaints') AS complaints,
  sum(what = 'solved') AS solved,
  sum(what = 'feedback') AS feedback,
  sum(what = 'deals') AS deals,
  sum(amount) AS amount
FROM fact
GROUP BY month
ORDER BY month
