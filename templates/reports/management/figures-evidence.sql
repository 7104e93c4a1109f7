SELECT 'customers' AS figure, 'customer' AS record_kind, dossier AS record, NULL AS value FROM (
  SELECT DISTINCT dossier FROM assignment WHERE :department IS NULL OR department = :department)
UNION ALL SELECT 'new_customers', 'customer', id, NULL FROM customer WHERE obtained_at_on BETWEEN :from AND :to
  AND (:department IS NULL OR id IN (SELECT dossier FROM assignment WHERE department = :department))
UNION ALL SELECT 'amount', 'transaction', id, amount FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT 'visits', 'visit', id, NULL FROM visit
  WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT 'complaints', 'complaint', id, NULL FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT 'open_complaints', 'complaint', id, NULL FROM complaint
  WHERE state <> 'closed' AND (:department IS NULL OR department = :department)
UNION ALL SELECT 'overdue', kind, id, NULL FROM due WHERE late
  AND (:department IS NULL OR department = :department
    OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
