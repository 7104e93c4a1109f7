SELECT t.about AS person, t.period AS span, t.amount,
  (SELECT sum(s.amount) FROM sale AS s WHERE s.seller = t.about AND s.date BETWEEN t.period_first AND min(t.period_last, :as_of)) AS sold,
  100.0 * (SELECT sum(s.amount) FROM sale AS s WHERE s.seller = t.about AND s.date BETWEEN t.period_first AND min(t.period_last, :as_of))
    / nullif(t.amount, 0) AS share,
  t.new_customers,
  (SELECT count(*) FROM customer AS c WHERE c.collected_by = t.about
    AND c.obtained_at_on BETWEEN t.period_first AND min(t.period_last, :as_of)) AS gained
FROM target AS t
WHERE t.period_last >= :from AND t.period_first <= :to AND (:department IS NULL OR t.department = :department)
ORDER BY person, span
