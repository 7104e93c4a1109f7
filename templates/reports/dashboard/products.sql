SELECT
  product,
  sum(amount) AS amount,
  100.0 * sum(amount) / nullif((SELECT sum(amount) FROM sold_in_year), 0) AS share,
  sum(recent) AS recent,
  sum(earlier) AS earlier,
  100.0 * (coalesce(sum(recent), 0) - sum(earlier)) / nullif(sum(earlier), 0) AS change
FROM sold_in_year
GROUP BY product
ORDER BY amount DESC, product
LIMIT 6
