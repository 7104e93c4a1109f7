WITH sums AS (
  SELECT product, period, count(DISTINCT dossier) AS customers, sum(active_users) AS users, sum(seats) AS seats, sum(sessions) AS sessions
  FROM product_usage
  WHERE :department IS NULL OR department = :department
  GROUP BY product, period
)
SELECT product, period, customers, users, seats, 100.0 * users / nullif(seats, 0) AS used_share, sessions,
  users - lag(users) OVER (PARTITION BY product ORDER BY period) AS change
FROM sums
ORDER BY product, period DESC
