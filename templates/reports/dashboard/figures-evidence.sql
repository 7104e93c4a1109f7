WITH
span AS (SELECT date(:as_of, 'start of month') AS month),
mine AS (SELECT * FROM assignment WHERE :department IS NULL OR department = :department)
SELECT 'customers' AS figure, 'customer' AS record_kind, dossier AS record, NULL AS value FROM (
  SELECT DISTINCT dossier FROM mine WHERE state NOT IN ('suspended', 'past', 'merged'))
UNION ALL SELECT 'new_customers', 'customer', c.id, NULL FROM customer AS c, span
  WHERE c.obtained_at_on BETWEEN span.month AND :as_of AND c.id IN (SELECT dossier FROM mine)
UNION ALL SELECT 'sales_month', 'transaction', s.id, s.amount FROM sold_in_year AS s, span WHERE s.date >= span.month
UNION ALL SELECT 'sales_year', 'transaction', id, amount FROM sold_in_year
UNION ALL SELECT 'visits_month', 'visit', v.id, NULL FROM visit AS v, span
  WHERE v.state = 'done' AND v."on" BETWEEN span.month AND :as_of AND (:department IS NULL OR v.department = :department)
UNION ALL SELECT 'visits_planned', 'visit', v.id, NULL FROM visit AS v
  WHERE v.state = 'planned' AND v."on" >= :as_of AND (:department IS NULL OR v.department = :department)
UNION ALL SELECT 'overdue', kind, id, NULL FROM due WHERE late
  AND (:department IS NULL OR department = :department OR department IS NULL AND dossier IN (SELECT dossier FROM mine))
UNION ALL SELECT 'open_complaints', 'complaint', k.id, NULL FROM complaint AS k
  WHERE k.state <> 'closed' AND (:department IS NULL OR k.department = :department)
UNION ALL SELECT 'blacklisted', 'blacklist_entry', id, NULL FROM (
  SELECT min(id) AS id FROM blacklist_entry
  WHERE state = 'in_force' AND (valid_to IS NULL OR valid_to >= :as_of)
    AND (:department IS NULL OR level = 'company' OR of_department = :department)
  GROUP BY customer)
