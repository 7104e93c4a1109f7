SELECT dossier AS id, department, 'amount' AS figure, 'transaction' AS record_kind, id AS record, amount AS value
  FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'before', 'transaction', id, amount FROM sale WHERE date >= date(:from, '-1 month') AND date < :from
UNION ALL SELECT dossier, department, 'visits', 'visit', id, NULL FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'complaints', 'complaint', id, NULL FROM complaint WHERE received_at_on BETWEEN :from AND :to
