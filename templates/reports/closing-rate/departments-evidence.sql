SELECT department, outcome AS figure, 'opportunity' AS record_kind, id AS record, NULL AS value FROM chance WHERE outcome IS NOT NULL
UNION ALL SELECT department, 'amount', 'opportunity', id, amount FROM chance WHERE outcome = 'won' AND amount IS NOT NULL
