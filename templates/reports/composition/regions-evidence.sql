WITH part AS (SELECT * FROM sale WHERE date BETWEEN :from AND :to)
SELECT region, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT region, 'amount', 'transaction', id, amount FROM part
UNION ALL SELECT DISTINCT region, 'buyers', 'customer', dossier, NULL FROM part
