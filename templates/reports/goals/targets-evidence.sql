SELECT t.about AS person, t.period AS span, 'transaction' AS record_kind, s.id AS record, s.amount AS sold, NULL AS gained
FROM target AS t
JOIN sale AS s ON s.seller = t.about AND s.date BETWEEN t.period_first AND min(t.period_last, :as_of)
UNION ALL
SELECT t.about, t.period, 'customer', c.id, NULL, 1
FROM target AS t
JOIN customer AS c ON c.collected_by = t.about AND c.obtained_at_on BETWEEN t.period_first AND min(t.period_last, :as_of)
