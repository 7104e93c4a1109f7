SELECT "on" AS day, id, subject, trainer,
  (SELECT count(*) FROM json_each(coalesce(attendees, '[]'))) AS attended,
  (SELECT count(*) FROM json_each(coalesce(attendees, '[]')) AS one WHERE json_extract(one.value, '$.passed')) AS passed
FROM training
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
