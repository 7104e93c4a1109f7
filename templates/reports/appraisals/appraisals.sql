SELECT n.about AS person, n.id, n."on" AS day, n.period AS span, n.result,
  (SELECT avg(json_extract(one.value, '$.score')) FROM json_each(coalesce(n.indicators, '[]')) AS one) AS score,
  n.opinions, n.decided_by
FROM staff_note AS n
WHERE n.what = 'appraisal' AND n."on" BETWEEN :from AND :to AND (:department IS NULL OR n.department = :department)
ORDER BY person, day DESC, n.id
