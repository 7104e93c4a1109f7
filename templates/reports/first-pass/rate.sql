SELECT department, sum(what <> 'acceptance') AS inspections, sum(what = 'acceptance' AND attempt = 1) AS acceptances,
  sum(what = 'acceptance' AND attempt = 1 AND passed) AS passed,
  round(100.0 * sum(what = 'acceptance' AND attempt = 1 AND passed) / nullif(sum(what = 'acceptance' AND attempt = 1), 0), 1) AS rate
FROM site_inspection
WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY department
ORDER BY department
