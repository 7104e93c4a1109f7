SELECT
  category,
  state,
  responsible_party,
  settlement,
  satisfaction,
  count(*) AS complaints
FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY category, state, responsible_party, settlement, satisfaction
ORDER BY category, complaints DESC, state, responsible_party, settlement, satisfaction
