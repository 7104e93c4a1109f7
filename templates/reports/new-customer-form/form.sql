SELECT
  f.id, coalesce(f.customer_name, c.name) AS customer_name, f.first_trade_on, f.developer, f.lead_source, f.history,
  nullif(trim(
    coalesce(f.evaluation_contribution, '') || char(10) || coalesce(f.evaluation_long_term_sales, '') || char(10)
      || coalesce(f.evaluation_credit, ''), char(10)), '') AS evaluation,
  (SELECT group_concat(json_extract(s.value, '$.need') || coalesce(': ' || json_extract(s.value, '$.answer'), ''), char(10))
   FROM json_each(coalesce(f.support, '[]')) AS s) AS support,
  f.instruction, f.signed_by, f.submitted_on, f.approved_by, f.history_checked_by, f.history_result,
  f.recognised_on, f.refusal_reason, f.state
FROM customer AS c
LEFT JOIN newcust_application AS f ON f.dossier = c.id
WHERE c.id = :customer
ORDER BY coalesce(f.submitted_on, f.first_trade_on, f.entered_on) DESC, f.id
LIMIT 1
