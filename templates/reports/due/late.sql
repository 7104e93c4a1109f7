SELECT member, due_on, done_on, kind, id, CASE WHEN :language = 'zh' THEN zh ELSE en END AS what, code
FROM done_late
WHERE (:member IS NULL OR member = :member)
ORDER BY done_on DESC, id, code
