SELECT kind, kind AS record_kind, id AS record, 1 AS items
FROM due
WHERE late
  AND (:department IS NULL OR department = :department
    OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
