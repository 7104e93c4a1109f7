SELECT f."on" AS day, f.id, coalesce(c.name, f.dossier) AS customer, coalesce(g.grade = 'vip', 0) AS vip, f.topic, f.channel, f.text,
  f.answer, f.action, f.improvement
FROM feedback AS f
LEFT JOIN customer AS c ON c.id = f.dossier
LEFT JOIN graded AS g ON g.dossier = f.dossier AND g.department = f.department
WHERE f."on" BETWEEN :from AND :to AND (:department IS NULL OR f.department = :department)
ORDER BY coalesce(g.grade = 'vip', 0) DESC, f.answer IS NOT NULL, f."on" DESC, f.id
