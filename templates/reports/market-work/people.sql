SELECT m.person, sum(m.what = 'research') AS research, sum(m.what = 'development') AS development, sum(m.what = 'promotion') AS promotion,
  sum(m.what = 'service') AS service
FROM market_record AS m
WHERE m.day BETWEEN :from AND :to AND (:department IS NULL OR m.department = :department)
GROUP BY m.person
ORDER BY m.person
