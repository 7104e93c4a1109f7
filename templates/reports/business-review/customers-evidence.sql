SELECT dossier AS id, department, 'stores' AS figure, 'store' AS record_kind, id AS record, NULL AS value FROM class_c_store
UNION ALL SELECT dossier, department, 'amount', 'transaction', id, amount FROM sale WHERE date BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'before', 'transaction', id, amount FROM sale WHERE date >= date(:from, '-1 month') AND date < :from
UNION ALL SELECT dossier, department, 'visits', 'visit', id, NULL FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to
UNION ALL SELECT dossier, department, 'complaints', 'complaint', id, NULL FROM complaint WHERE received_at_on BETWEEN :from AND :to
