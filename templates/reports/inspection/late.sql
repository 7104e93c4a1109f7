SELECT kind, count(*) AS items, max(days) AS longest
FROM due
WHERE late
  AND (:department IS NULL OR department = :department
    OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
GROUP BY kind
ORDER BY items DESC, kind
