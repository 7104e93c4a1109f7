WITH part AS (
  SELECT *,
    'm' || ((CAST(substr(date, 1, 4) AS INTEGER) - CAST(substr(:from, 1, 4) AS INTEGER)) * 12
      + CAST(substr(date, 6, 2) AS INTEGER) - CAST(substr(:from, 6, 2) AS INTEGER)) AS column_of_month
  FROM sale
  WHERE date BETWEEN :from AND :to
)
SELECT name, department, 'deals' AS figure, 'transaction' AS record_kind, id AS record, NULL AS value FROM part
UNION ALL SELECT name, department, 'amount', 'transaction', id, amount FROM part
UNION ALL SELECT name, department, column_of_month, 'transaction', id, amount FROM part
