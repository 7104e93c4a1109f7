WITH part AS (SELECT * FROM sale WHERE date BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of)
SELECT product, sum(amount) AS amount, 100.0 * sum(amount) / nullif((SELECT sum(amount) FROM part), 0) AS share
FROM part
GROUP BY product
ORDER BY amount DESC, product
LIMIT 8
