SELECT k.dossier AS id, coalesce(c.name, k.dossier) AS customer,
  sum(k.what IN ('gift', 'exclusive', 'offer')) AS gifts, sum(k.what NOT IN ('gift', 'exclusive', 'offer')) AS other,
  sum(k.cost) AS cost, sum(k.what IN ('gift', 'exclusive', 'offer') AND (k.approved_by IS NULL OR k.approved_by = k."by")) AS unapproved
FROM care_action AS k
LEFT JOIN customer AS c ON c.id = k.dossier
WHERE k."on" BETWEEN :from AND :to AND (:department IS NULL OR k.department = :department)
GROUP BY k.dossier
ORDER BY cost DESC, customer, id
