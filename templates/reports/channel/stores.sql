WITH seen AS (
  SELECT v.store, v.displays, v."on" AS day,
    row_number() OVER (PARTITION BY v.store, v."on" < :from ORDER BY v."on" DESC, v.id DESC) AS place
  FROM visit AS v
  WHERE v.store IS NOT NULL AND v.displays IS NOT NULL AND v.state = 'done' AND v."on" <= :to
)
SELECT s.id AS store, s.name, s.class, coalesce(p.name, s.partner) AS partner,
  (SELECT count(*) FROM visit AS v WHERE v.store = s.id AND v.state = 'done' AND v."on" BETWEEN :from AND :to) AS visits,
  (SELECT e.displays FROM seen AS e WHERE e.store = s.id AND e.place = 1 AND e.day >= :from) AS displays,
  (SELECT e.displays FROM seen AS e WHERE e.store = s.id AND e.place = 1 AND e.day < :from) AS displays_before,
  (SELECT sum(t.amount) FROM txn AS t WHERE t.store = s.id AND t.date BETWEEN :from AND :to AND coalesce(t.sample, 0) = 0) AS amount,
  (SELECT sum(t.amount) FROM txn AS t WHERE t.store = s.id AND coalesce(t.sample, 0) = 0 AND t.date < :from
    AND t.date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days')) AS before
FROM store AS s
LEFT JOIN customer AS p ON p.id = s.partner
WHERE s.class IN ('c1', 'c2') AND (s.closed_on IS NULL OR s.closed_on >= :from) AND (:department IS NULL OR s.department = :department)
ORDER BY s.class, s.name, s.id
