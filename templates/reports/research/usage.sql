SELECT product, period AS span, count(DISTINCT dossier) AS customers, sum(active_users) AS active, sum(seats) AS seats, sum(sessions) AS sessions
FROM product_usage
WHERE (:department IS NULL OR department = :department) AND substr(period, 1, 4) BETWEEN substr(:from, 1, 4) AND substr(:to, 1, 4)
GROUP BY product, period
ORDER BY product, period
