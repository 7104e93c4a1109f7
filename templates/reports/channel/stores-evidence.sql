SELECT v.store, 'visits' AS figure, 'visit' AS record_kind, v.id AS record, 1 AS value FROM visit AS v
WHERE v.store IS NOT NULL AND v.state = 'done' AND v."on" BETWEEN :from AND :to
UNION ALL
SELECT v.store, '', 'visit', v.id, NULL FROM visit AS v
WHERE v.store IS NOT NULL AND v.displays IS NOT NULL AND v.state = 'done' AND v."on" < :from
UNION ALL
SELECT t.store, 'amount', 'transaction', t.id, t.amount FROM txn AS t
WHERE t.store IS NOT NULL AND coalesce(t.sample, 0) = 0 AND t.date BETWEEN :from AND :to
UNION ALL
SELECT t.store, 'before', 'transaction', t.id, t.amount FROM txn AS t
WHERE t.store IS NOT NULL AND coalesce(t.sample, 0) = 0 AND t.date < :from
  AND t.date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days')
