SELECT id, 'visit' AS record_kind, id AS record FROM visit WHERE needs_heard IS NOT NULL
UNION ALL SELECT id, 'interaction', id FROM interaction WHERE needs IS NOT NULL
