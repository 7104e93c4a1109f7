SELECT recognised_on, id, customer_name AS customer, developer, first_trade_on, approved_by,
  history_checked_by AS searched_by, archived_on
FROM newcust_application
WHERE recognised_on BETWEEN :from AND :to AND state IN ('recognised', 'archived')
  AND (:department IS NULL OR department = :department)
ORDER BY recognised_on, id
