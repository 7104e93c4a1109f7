SELECT s.id, coalesce(c.name, s.dossier) AS customer, c.invoice_name, s.shipped_on, s.destination, s.waybill
FROM shipment AS s
LEFT JOIN customer AS c ON c.id = s.dossier
WHERE s.shipped_on BETWEEN :from AND :to AND s.state <> 'cancelled'
  AND NOT EXISTS (SELECT 1 FROM invoice AS i WHERE i.shipment = s.id)
  AND (:department IS NULL OR s.department = :department)
ORDER BY s.shipped_on, customer, s.id
