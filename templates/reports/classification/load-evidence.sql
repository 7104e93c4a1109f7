WITH held AS (
  SELECT id, dossier, department, scheme, grade FROM (
    SELECT g.id, g.dossier, g.department, coalesce(g.axis, 'grade') AS scheme, g.grade,
      row_number() OVER (
        PARTITION BY g.dossier, g.department, coalesce(g.axis, 'grade')
        ORDER BY g."on" DESC, g.entered_at DESC, g.id DESC
      ) AS place
    FROM grade AS g
    WHERE g.state = 'approved' AND g.product IS NULL AND g."on" <= :as_of
  )
  WHERE place = 1 AND grade IS NOT NULL
)
SELECT a.owner, h.scheme, h.grade, 'grade' AS record_kind, h.id AS record, 1 AS customers
FROM held AS h
JOIN assignment AS a ON a.dossier = h.dossier AND a.department = h.department
WHERE :department IS NULL OR a.department = :department
