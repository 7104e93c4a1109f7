SELECT substr(obtained_at_on, 1, 7) AS month, 'new_customers' AS figure, 'customer' AS record_kind, id AS record, NULL AS value
  FROM customer WHERE obtained_at_on BETWEEN :from AND :to
    AND (:department IS NULL OR id IN (SELECT dossier FROM assignment WHERE department = :department))
UNION ALL SELECT substr("on", 1, 7), 'visits', 'visit', id, NULL FROM visit
  WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT substr(received_at_on, 1, 7), 'complaints', 'complaint', id, NULL FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT substr(solved_at_on, 1, 7), 'solved', 'complaint', id, NULL FROM complaint
  WHERE solved_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT substr("on", 1, 7), 'feedback', 'feedback', id, NULL FROM feedback
  WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT substr(date, 1, 7), 'deals', 'transaction', id, NULL FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT substr(date, 1, 7), 'amount', 'transaction', id, amount FROM sale WHERE date BETWEEN :from AND :to
