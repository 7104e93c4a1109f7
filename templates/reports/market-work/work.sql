WITH stages(stage, what, kind) AS (
  VALUES (1, 'research', 'market_note'), (2, 'development', 'development_plan'), (3, 'promotion', 'campaign'), (4, 'service', 'service_order')
)
SELECT s.what, s.kind, count(m.id) AS records, count(DISTINCT m.person) AS people
FROM stages AS s
LEFT JOIN market_record AS m ON m.what = s.what AND m.day BETWEEN :from AND :to AND (:department IS NULL OR m.department = :department)
GROUP BY s.stage, s.what, s.kind
ORDER BY s.stage
