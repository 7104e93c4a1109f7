SELECT member, kind AS record_kind, id AS record, NOT late AS coming, late AS overdue
FROM due
WHERE (:department IS NULL OR department = :department
  OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
