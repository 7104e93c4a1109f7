SELECT department, 'site_inspection' AS record_kind, id AS record,
  what <> 'acceptance' AS inspections,
  what = 'acceptance' AND attempt = 1 AS acceptances,
  what = 'acceptance' AND attempt = 1 AND passed AS passed
FROM site_inspection
WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
