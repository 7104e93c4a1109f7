WITH used AS (SELECT * FROM product_usage WHERE :department IS NULL OR department = :department)
SELECT product, period, 'users' AS figure, 'usage' AS record_kind, id AS record, active_users AS value FROM used WHERE active_users IS NOT NULL
UNION ALL SELECT product, period, 'seats', 'usage', id, seats FROM used WHERE seats IS NOT NULL
UNION ALL SELECT product, period, 'sessions', 'usage', id, sessions FROM used WHERE sessions IS NOT NULL
UNION ALL SELECT DISTINCT product, period, 'customers', 'customer', dossier, NULL FROM used
