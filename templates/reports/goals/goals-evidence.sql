SELECT g.department, g.id, 'transaction' AS record_kind, s.id AS record, s.amount AS reached_amount, NULL AS reached_number
FROM goal AS g
JOIN sale AS s ON s.department = g.department AND s.date BETWEEN g.period_first AND min(g.period_last, :as_of)
WHERE g.measure = 'sales'
UNION ALL
SELECT g.department, g.id, 'transaction', f.id, NULL, 1
FROM goal AS g
JOIN (SELECT dossier, department, min(date) AS day, min(id) AS id FROM sale GROUP BY dossier, department) AS f
  ON f.department = g.department AND f.day BETWEEN g.period_first AND min(g.period_last, :as_of)
WHERE g.measure = 'closed_customers'
UNION ALL
SELECT g.department, g.id, 'customer', c.id, NULL, 1
FROM goal AS g
JOIN assignment AS a ON a.department = g.department
JOIN customer AS c ON c.id = a.dossier
WHERE g.measure = 'new_customers' AND c.obtained_at_on BETWEEN g.period_first AND min(g.period_last, :as_of)
UNION ALL
SELECT g.department, g.id, 'visit', v.id, NULL, 1
FROM goal AS g
JOIN visit AS v ON v.department = g.department
WHERE g.measure = 'visits' AND v.state = 'done' AND v."on" BETWEEN g.period_first AND min(g.period_last, :as_of)
