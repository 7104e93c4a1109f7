-- The grades in force of each customer of a department, one for each axis (`scheme`): the last one approved.
SELECT id, dossier, department, scheme, grade
FROM (
  SELECT g.id, g.dossier, g.department, coalesce(g.axis, 'grade') AS scheme, g.grade,
    row_number() OVER (
      PARTITION BY g.dossier, g.department, coalesce(g.axis, 'grade')
      ORDER BY g."on" DESC, g.entered_at DESC, g.id DESC
    ) AS place
  FROM grade AS g
  WHERE g.state = 'approved' AND g.product IS NULL AND g."on" <= :as_of
    AND (:department IS NULL OR g.department = :department)
)
WHERE place = 1 AND grade IS NOT NULL
