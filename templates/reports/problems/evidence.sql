SELECT a.dossier AS id, a.owner, 'breach' AS record_kind, b.id AS record,
  1 AS breaches, NULL AS complaints, NULL AS late, NULL AS blacklisted, NULL AS amount
FROM assignment AS a
JOIN breach AS b ON b.dossier = a.dossier AND b.department = a.department
WHERE b.settled_on IS NULL AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.dossier, a.owner, 'complaint', k.id, NULL, 1, NULL, NULL, NULL
FROM assignment AS a
JOIN complaint AS k ON k.dossier = a.dossier AND k.department = a.department
WHERE k.state <> 'closed' AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.dossier, a.owner, 'payment', p.id, NULL, NULL, 1, NULL, NULL
FROM assignment AS a
JOIN payment AS p ON p.dossier = a.dossier AND p.department = a.department
WHERE p."on" > p.due_on AND p."on" BETWEEN :half_year_ago AND :as_of
  AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.dossier, a.owner, 'blacklist_entry', l.id, NULL, NULL, NULL, 1, NULL
FROM assignment AS a
JOIN blacklist_entry AS l ON l.customer = a.dossier
WHERE l.state = 'in_force' AND (l.valid_to IS NULL OR l.valid_to >= :as_of)
  AND (l.level = 'company' OR l.of_department = a.department) AND (:department IS NULL OR a.department = :department)
UNION ALL
SELECT a.dossier, a.owner, 'transaction', t.id, NULL, NULL, NULL, NULL, t.amount
FROM assignment AS a
JOIN txn AS t ON t.dossier = a.dossier AND t.department = a.department
WHERE t.date BETWEEN :year_ago AND :as_of AND (t.direction IS NULL OR t.direction <> 'buy')
  AND (:department IS NULL OR a.department = :department)
