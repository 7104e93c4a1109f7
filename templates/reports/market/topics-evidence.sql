WITH noted AS (SELECT * FROM market_note WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department))
SELECT topic, 'notes' AS figure, 'market_note' AS record_kind, id AS record FROM noted
UNION ALL SELECT topic, 'proposals', 'market_note', id FROM noted WHERE proposal IS NOT NULL
