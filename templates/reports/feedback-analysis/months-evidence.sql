SELECT substr("on", 1, 7) AS month, 'received' AS figure, 'feedback' AS record_kind, id AS record FROM feedback
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL
SELECT substr("on", 1, 7), 'answered', 'feedback', id FROM feedback
WHERE answered_on IS NOT NULL AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
