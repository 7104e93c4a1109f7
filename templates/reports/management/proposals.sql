SELECT day, what, id, text FROM (
  SELECT "on" AS day, 'market_note' AS what, id, proposal AS text, department FROM market_note WHERE proposal IS NOT NULL
  UNION ALL SELECT "on", 'feedback', id, coalesce(action, text), department FROM feedback
  UNION ALL SELECT received_at_on, 'complaint', id, measures, department FROM complaint WHERE measures IS NOT NULL
)
WHERE day BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
