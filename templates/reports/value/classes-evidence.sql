WITH
span AS (SELECT julianday(:to) - julianday(:from) + 1 AS days),
sums AS (SELECT dossier, sum(amount) AS amount FROM sale WHERE date BETWEEN :from AND :to GROUP BY dossier),
ranked AS (
  SELECT *, 1.0 * row_number() OVER (ORDER BY amount DESC, dossier) / count(*) OVER () AS place FROM sums
),
classed AS (
  SELECT dossier, CASE WHEN place <= 0.2 THEN 'top' WHEN place <= 0.5 THEN 'middle' ELSE 'rest' END AS class FROM ranked
)
SELECT class, 'customer' AS record_kind, dossier AS record, 1 AS customers, NULL AS amount, NULL AS before FROM classed
UNION ALL
SELECT k.class, 'transaction', s.id, NULL,
  CASE WHEN s.date >= :from THEN s.amount END, CASE WHEN s.date < :from THEN s.amount END
FROM classed AS k
JOIN sale AS s ON s.dossier = k.dossier
JOIN span
WHERE s.date >= date(:from, '-' || CAST(span.days AS INTEGER) || ' days') AND s.date <= :to
