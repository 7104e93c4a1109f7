SELECT developer, 'newcust_application' AS record_kind, id AS record, 1 AS recognised, state = 'archived' AS archived
FROM newcust_application
WHERE recognised_on BETWEEN :from AND :to AND state IN ('recognised', 'archived') AND (:department IS NULL OR department = :department)
