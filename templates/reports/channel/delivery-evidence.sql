SELECT d.dossier AS partner, 'deliveries' AS figure, 'partner_delivery' AS record_kind, d.id AS record, 1 AS value
FROM partner_delivery AS d
WHERE d.state <> 'cancelled' AND d.due_on BETWEEN :from AND min(:to, :as_of) AND (:department IS NULL OR d.department = :department)
UNION ALL
SELECT d.dossier, 'in_time', 'partner_delivery', d.id, 1 FROM partner_delivery AS d
WHERE d.state <> 'cancelled' AND d.due_on BETWEEN :from AND min(:to, :as_of) AND d.delivered_on <= d.due_on
  AND (:department IS NULL OR d.department = :department)
UNION ALL
SELECT s.dossier, '', 'partner_stock', s.id, NULL FROM partner_stock AS s
WHERE s.service_score IS NOT NULL AND s."on" <= :to AND (:department IS NULL OR s.department = :department)
