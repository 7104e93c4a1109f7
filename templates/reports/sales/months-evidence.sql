WITH part AS (SELECT *, substr(date, 1, 7) AS month FROM sale WHERE date BETWEEN :from AND :to)
SELECT month, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT month, 'amount', 'transaction', id, amount FROM part
UNION ALL SELECT DISTINCT month, 'buyers', 'customer', dossier, NULL FROM part
