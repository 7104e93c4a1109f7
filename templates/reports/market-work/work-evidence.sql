SELECT m.what, m.kind, m.kind AS record_kind, m.id AS record, 1 AS records,
  row_number() OVER (PARTITION BY m.what, m.person ORDER BY m.id) = 1 AS people
FROM market_record AS m
WHERE m.day BETWEEN :from AND :to AND (:department IS NULL OR m.department = :department)
