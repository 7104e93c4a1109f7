WITH first_deal AS (
  SELECT dossier, department, min(date) AS day FROM sale GROUP BY dossier, department
),
goals AS (
  SELECT g.*,
    CASE WHEN g.measure = 'sales' AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'transaction' AND shut.department = g.department)
      THEN (SELECT coalesce(sum(s.amount), 0) FROM sale AS s
      WHERE s.department = g.department AND s.date BETWEEN g.period_first AND min(g.period_last, :as_of)) END AS reached_amount,
    CASE WHEN EXISTS (SELECT 1 FROM shut WHERE shut.department = g.department
        AND shut.kind = CASE g.measure WHEN 'closed_customers' THEN 'transaction' WHEN 'visits' THEN 'visit' END) THEN NULL
      ELSE CASE g.measure WHEN 'closed_customers' THEN (SELECT count(*) FROM first_deal AS f
        WHERE f.department = g.department AND f.day BETWEEN g.period_first AND min(g.period_last, :as_of))
      WHEN 'new_customers' THEN (SELECT count(*) FROM customer AS c JOIN assignment AS a ON a.dossier = c.id
        WHERE a.department = g.department AND c.obtained_at_on BETWEEN g.period_first AND min(g.period_last, :as_of))
      WHEN 'visits' THEN (SELECT count(*) FROM visit AS v
        WHERE v.department = g.department AND v.state = 'done' AND v."on" BETWEEN g.period_first AND min(g.period_last, :as_of))
      END END AS reached_number,
    (SELECT json_extract(one.value, '$.share') FROM json_each(coalesce(g.evaluations, '[]')) AS one
      ORDER BY json_extract(one.value, '$.on') DESC LIMIT 1) AS judged
  FROM goal AS g
  WHERE g.period_last >= :from AND g.period_first <= :to AND (:department IS NULL OR g.department = :department)
)
SELECT department, id, period AS span, subject, measure, amount, reached_amount, number, reached_number,
  CASE measure WHEN 'sales' THEN 100.0 * reached_amount / nullif(amount, 0)
    WHEN 'other' THEN judged ELSE 100.0 * reached_number / nullif(number, 0) END AS share,
  in_charge, state
FROM goals
ORDER BY department, period, subject, id
