SELECT coalesce(c.name, s.dossier) AS customer, 'transaction' AS record_kind, s.id AS record,
  s.date BETWEEN :from AND :to AS deals,
  CASE WHEN s.date BETWEEN :from AND :to THEN s.amount ELSE 0 END AS amount,
  CASE WHEN s.date < :from THEN s.amount ELSE 0 END AS before
FROM sale AS s
JOIN assignment AS a ON a.dossier = s.dossier AND a.department = s.department
LEFT JOIN customer AS c ON c.id = s.dossier
WHERE s.date <= :to AND julianday(:from) - julianday(s.date) <= julianday(:to) - julianday(:from) + 1
  AND (:member IS NULL OR a.owner = :member)
