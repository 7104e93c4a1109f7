-- The four sorts of market development work (P10:12 to 15), a row for each record: which sort, which kind, when, by whom.
SELECT 1 AS stage, 'research' AS what, 'market_note' AS kind, id, department, "on" AS day, entered_by AS person FROM market_note
UNION ALL SELECT 2, 'development', 'development_plan', id, department, from_day, entered_by FROM development_plan
UNION ALL SELECT 3, 'promotion', 'campaign', id, department, "on", coalesce("by", entered_by) FROM campaign
UNION ALL SELECT 4, 'service', 'service_order', id, department, opened_at_on, coalesce(handler, entered_by) FROM service_order
