SELECT member, late, due_on, days, kind, id, coalesce(
  (SELECT name FROM customer AS c WHERE c.id = due.dossier), CASE WHEN due.dossier NOT LIKE 'office/%' THEN due.dossier END
) AS customer, CASE WHEN :language = 'zh' THEN zh ELSE en END AS what, code
FROM due
WHERE (:member IS NULL OR member = :member)
ORDER BY late DESC, due_on, id, code
