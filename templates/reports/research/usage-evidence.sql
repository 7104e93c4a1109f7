SELECT product, period AS span, 'usage' AS record_kind, id AS record,
  row_number() OVER (PARTITION BY product, period, dossier ORDER BY id) = 1 AS customers,
  active_users AS active, seats, sessions
FROM product_usage
WHERE substr(period, 1, 4) BETWEEN substr(:from, 1, 4) AND substr(:to, 1, 4) AND (:department IS NULL OR department = :department)
