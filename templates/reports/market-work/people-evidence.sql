SELECT m.person, m.kind AS record_kind, m.id AS record, m.what = 'research' AS research, m.what = 'development' AS development,
  m.what = 'promotion' AS promotion, m.what = 'service' AS service
FROM market_record AS m
WHERE m.day BETWEEN :from AND :to AND (:department IS NULL OR m.department = :department)
