WITH
mine AS (SELECT * FROM assignment WHERE :department IS NULL OR department = :department),
done AS (
  SELECT coalesce(entered_for, entered_by) AS person, id FROM visit
  WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
),
sold AS (SELECT seller AS person, id, amount FROM sale WHERE date BETWEEN :from AND :to)
SELECT owner AS person, 'customers' AS figure, 'customer' AS record_kind, dossier AS record, NULL AS value FROM mine
UNION ALL SELECT owner, 'key_customers', 'customer', dossier, NULL FROM mine WHERE state = 'key'
UNION ALL SELECT m.owner, 'new_customers', 'customer', m.dossier, NULL FROM mine AS m
  JOIN customer AS c ON c.id = m.dossier WHERE c.obtained_at_on BETWEEN :from AND :to
UNION ALL SELECT person, 'visits', 'visit', id, NULL FROM done
UNION ALL SELECT handler, 'complaints', 'complaint', id, NULL FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL SELECT a.owner, 'contracts', 'contract', h.id, NULL FROM contract AS h
  JOIN mine AS a ON a.dossier = h.dossier AND a.department = h.department WHERE h.signed_on BETWEEN :from AND :to
UNION ALL SELECT person, 'deals', 'transaction', id, NULL FROM sold
UNION ALL SELECT person, 'amount', 'transaction', id, amount FROM sold
UNION ALL SELECT member, 'overdue', kind, id, NULL FROM due
  WHERE late
    AND (:department IS NULL OR department = :department
      OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
