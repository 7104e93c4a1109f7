SELECT dossier AS id, department, 'visits' AS figure, 'visit' AS record_kind, id AS record, NULL AS value
  FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'deals', 'transaction', id, NULL FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'amount', 'transaction', id, amount FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'paid', 'payment', id, amount FROM payment WHERE "on" BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'complaints', 'complaint', id, NULL FROM complaint WHERE received_at_on BETWEEN :from AND :to
