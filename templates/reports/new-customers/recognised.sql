SELECT id, customer_name AS customer, developer, first_trade_on, submitted_on, state, recognised_on, refusal_reason
FROM newcust_application
WHERE coalesce(submitted_on, entered_on) BETWEEN :from AND :to
  AND (:department IS NULL OR department = :department)
ORDER BY submitted_on DESC, id
