SELECT dossier AS id, product, region, substr(date, 1, 7) AS month, 'transaction' AS record_kind, id AS record,
  amount, recent, earlier,
  row_number() OVER (PARTITION BY substr(date, 1, 7), dossier ORDER BY date, id) = 1 AS buyers
FROM sold_in_year
