SELECT state, 'customer' AS record_kind, dossier AS record, 1 AS customers
FROM assignment
WHERE :department IS NULL OR department = :department
