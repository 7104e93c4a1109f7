-- Each answer about satisfaction: a survey, or the call after a complaint that no survey tells of. `content` is null for no answer.
SELECT s.occasion, s.id, s.answer, s.department, s.dossier, s.day, s.product, a.owner, p.content,
  coalesce(
    (SELECT sum(w.weight * CAST(json_extract(one.value, '$.score') AS REAL)) / sum(w.weight)
     FROM json_each(coalesce(s.answers, '[]')) AS one
     JOIN satisfaction_weight AS w ON w.item = json_extract(one.value, '$.item')
     WHERE json_extract(one.value, '$.score') IS NOT NULL AND w.weight > 0),
    p.points) AS points
FROM (
  SELECT 'complaint' AS occasion, id, satisfaction AS answer, department, dossier,
    coalesce(surveyed_on, told_at_on) AS day, NULL AS product, NULL AS answers
  FROM complaint
  WHERE satisfaction IS NOT NULL AND id NOT IN (SELECT complaint FROM survey WHERE complaint IS NOT NULL)
  UNION ALL
  SELECT trigger, id, overall, department, dossier, "on", product, answers FROM survey WHERE overall IS NOT NULL
) AS s
LEFT JOIN satisfaction_point AS p ON p.answer = s.answer
LEFT JOIN assignment AS a ON a.dossier = s.dossier AND a.department = s.department
WHERE s.day BETWEEN :from AND :to AND (:department IS NULL OR s.department = :department)
