SELECT
  f.id, coalesce(f.customer_name, c.name) AS customer_name, f.first_trade_on, f.developer, f.history, f.evaluation,
  f.support, f.instruction, f.signed_by, f.submitted_on, f.approved_by, f.history_checked_by, f.history_result,
  f.recognised_on, f.refusal_reason, f.state
FROM customer AS c
LEFT JOIN newcust_application AS f ON f.dossier = c.id
WHERE c.id = :customer
ORDER BY coalesce(f.submitted_on, f.first_trade_on, f.entered_on) DESC, f.id
LIMIT 1
