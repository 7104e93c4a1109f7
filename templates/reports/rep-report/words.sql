SELECT "on" AS day, id, what, text, progress, needs, market FROM staff_report
WHERE "on" BETWEEN :from AND :to AND (:member IS NULL OR coalesce(entered_for, entered_by) = :member)
  AND (:department IS NULL OR department = :department)
ORDER BY day DESC, id
