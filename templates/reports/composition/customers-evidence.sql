WITH part AS (SELECT * FROM sale WHERE date BETWEEN :from AND :to)
SELECT dossier AS id, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT dossier, 'amount', 'transaction', id, amount FROM part
