SELECT "on" AS day, id, source, subject, measure, state, done_on, effect, effect_note AS lesson
FROM improvement
WHERE source IN ('feedback', 'survey', 'research', 'complaint') AND "on" BETWEEN :from AND :to
  AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
