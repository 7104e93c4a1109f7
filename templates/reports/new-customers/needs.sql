SELECT v."on" AS day, v.id, coalesce(c.name, v.dossier) AS customer, coalesce(v.entered_for, v.entered_by) AS person,
  v.needs_heard AS needs, v.market
FROM visit AS v
JOIN customer AS c ON c.id = v.dossier
WHERE coalesce(v.needs_heard, v.market) IS NOT NULL AND v."on" BETWEEN :from AND :to
  AND c.obtained_at_on BETWEEN :from AND :to AND c.source IS NOT 'import' AND (:department IS NULL OR v.department = :department)
ORDER BY day DESC, v.id
