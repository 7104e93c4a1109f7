SELECT r.applied_on, r.id, r.applicant, coalesce(c.name, r.customer) AS customer, r.to_department, r.what, r.until, r.state, r.other_head, r.sales_head, r.decided_on
FROM sharing_request AS r
LEFT JOIN customer AS c ON c.id = r.customer
WHERE r.applied_on BETWEEN :from AND :to AND (:department IS NULL OR r.department = :department)
ORDER BY r.applied_on DESC, r.id
