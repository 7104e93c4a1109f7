WITH part AS (SELECT * FROM sale WHERE date BETWEEN :from AND :to)
SELECT product_kind AS kind, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT product_kind, 'amount', 'transaction', id, amount FROM part
UNION ALL SELECT DISTINCT product_kind, 'buyers', 'customer', dossier, NULL FROM part
