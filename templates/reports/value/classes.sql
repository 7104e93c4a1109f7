WITH
span AS (SELECT julianday(:to) - julianday(:from) + 1 AS days),
sums AS (
  SELECT s.dossier, sum(CASE WHEN s.date BETWEEN :from AND :to THEN s.amount END) AS amount,
    sum(CASE WHEN s.date >= date(:from, '-' || CAST(span.days AS INTEGER) || ' days') AND s.date < :from THEN s.amount END) AS before
  FROM sale AS s, span GROUP BY s.dossier
),
ranked AS (
  SELECT *, 1.0 * row_number() OVER (ORDER BY amount DESC, dossier) / count(*) OVER () AS place
  FROM sums WHERE amount IS NOT NULL
)
SELECT
  CASE WHEN place <= 0.2 THEN 'top' WHEN place <= 0.5 THEN 'middle' ELSE 'rest' END AS class,
  count(*) AS customers,
  sum(amount) AS amount,
  100.0 * sum(amount) / nullif((SELECT sum(amount) FROM ranked), 0) AS share,
  sum(before) AS before,
  100.0 * (sum(amount) - sum(before)) / nullif(sum(before), 0) AS growth
FROM ranked
GROUP BY class
ORDER BY min(place)
