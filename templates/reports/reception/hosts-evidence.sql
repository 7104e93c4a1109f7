WITH held AS (SELECT * FROM reception WHERE state <> 'cancelled' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department))
SELECT host, 'receptions' AS figure, 'reception' AS record_kind, id AS record FROM held
UNION ALL SELECT host, 'planned', 'reception', id FROM held WHERE before_plan IS NOT NULL
UNION ALL SELECT host, 'summed_up', 'reception', id FROM held WHERE after_summary IS NOT NULL
UNION ALL SELECT host, 'followed_up', 'reception', id FROM held WHERE state = 'followed_up'
UNION ALL SELECT host, 'late', 'reception', id FROM held WHERE state <> 'followed_up' AND after_due_on < :as_of
