SELECT
  k.direction,
  coalesce(k.received_at_on, k.sent_on, k.signed_on, k.entered_on) AS day,
  k.id,
  n.number,
  k.way,
  k.party,
  coalesce(c.name, k.customer) AS customer,
  k.subject,
  k.state,
  k.keeper,
  k.location
FROM correspondence AS k
LEFT JOIN number AS n ON n.record = k.id
LEFT JOIN customer AS c ON c.id = k.customer
WHERE coalesce(k.received_at_on, k.sent_on, k.signed_on, k.entered_on) BETWEEN :from AND :to
  AND (:department IS NULL OR k.department = :department)
ORDER BY k.direction, day, n.number, k.id
