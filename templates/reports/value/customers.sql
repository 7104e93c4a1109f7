WITH
span AS (SELECT julianday(:to) - julianday(:from) + 1 AS days),
sums AS (
  SELECT s.dossier, max(s.name) AS name, sum(CASE WHEN s.date BETWEEN :from AND :to THEN s.amount END) AS amount,
    sum(CASE WHEN s.date >= date(:from, '-' || CAST(span.days AS INTEGER) || ' days') AND s.date < :from THEN s.amount END) AS before
  FROM sale AS s, span GROUP BY s.dossier
)
SELECT
  dossier AS id,
  name,
  amount,
  before,
  100.0 * (amount - before) / nullif(before, 0) AS growth,
  (SELECT count(*) FROM visit AS v WHERE v.dossier = sums.dossier AND v.state = 'done' AND v."on" BETWEEN :from AND :to) AS visits,
  (SELECT group_concat(goal, char(10)) FROM (
    SELECT goal FROM customer_plan AS p WHERE p.dossier = sums.dossier ORDER BY p.period, p.id)) AS plan
FROM sums
WHERE amount IS NOT NULL OR before IS NOT NULL
ORDER BY amount DESC, before DESC, name, dossier
