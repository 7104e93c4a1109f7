SELECT category, cause, 'complaints' AS figure, 'complaint' AS record_kind, id AS record FROM complaint
WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
