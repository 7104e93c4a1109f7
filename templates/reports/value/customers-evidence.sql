SELECT dossier AS id, 'amount' AS figure, 'transaction' AS record_kind, id AS record, amount AS value FROM sale
  WHERE date BETWEEN :from AND :to
UNION ALL SELECT dossier, 'before', 'transaction', id, amount FROM sale
  WHERE date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days') AND date < :from
UNION ALL SELECT dossier, 'visits', 'visit', id, NULL FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to
