SELECT h.dossier AS id, 'contract' AS record_kind, h.id AS record, 1 AS contracts,
  EXISTS (SELECT 1 FROM payment AS p WHERE p.contract = h.id AND p."on" <= :to)
    AND NOT EXISTS (SELECT 1 FROM breach AS b WHERE b.contract = h.id AND b.by_whom = 'customer' AND b."on" <= :to) AS fulfilled,
  NULL AS payments, NULL AS breaches, NULL AS fraud
FROM contract AS h
WHERE coalesce(h.pay_by, h.valid_to) BETWEEN :from AND :to AND h.state <> 'draft'
  AND (:department IS NULL OR h.department = :department)
UNION ALL
SELECT dossier, 'payment', id, NULL, NULL, 1, NULL, NULL FROM payment
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL
SELECT dossier, 'breach', id, NULL, NULL, NULL, 1, what = 'fraud' FROM breach
WHERE by_whom = 'customer' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
