SELECT c.id, c.name AS customer, a.owner, k."on" AS checked_on, k.valid_to, k.result,
  k.valid_to IS NULL OR k.valid_to < :as_of OR k.result <> 'clean' AS overdue
FROM assignment AS a
JOIN customer AS c ON c.id = a.dossier
LEFT JOIN (
  SELECT dossier, department, "on", valid_to, result,
    row_number() OVER (PARTITION BY dossier, department ORDER BY "on" DESC, id) AS nth
  FROM kyc WHERE "on" <= :as_of
) AS k ON k.dossier = a.dossier AND k.department = a.department AND k.nth = 1
WHERE (:department IS NULL OR a.department = :department) AND a.state NOT IN ('suspended', 'past', 'merged')
  AND NOT EXISTS (SELECT 1 FROM shut WHERE shut.kind = 'kyc' AND shut.department = a.department)
  AND (k.valid_to IS NULL OR julianday(k.valid_to) - julianday(:as_of) <= 92 OR k.result <> 'clean')
GROUP BY c.id, a.department
ORDER BY overdue DESC, k.valid_to, c.id
