WITH part AS (SELECT * FROM sale WHERE date BETWEEN :from AND :to)
SELECT product, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT product, 'amount', 'transaction', id, amount FROM part
UNION ALL SELECT DISTINCT product, 'buyers', 'customer', dossier, NULL FROM part
