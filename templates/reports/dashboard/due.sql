SELECT
  member,
  sum(NOT late) AS coming,
  sum(late) AS overdue,
  max(CASE WHEN late THEN days END) AS longest
FROM due
WHERE (:department IS NULL OR department = :department
  OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
GROUP BY member
ORDER BY overdue DESC, coming DESC, member
LIMIT 8
