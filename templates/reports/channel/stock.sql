WITH latest AS (
  SELECT s.dossier, s.department, max(s."on" || s.id) AS top FROM partner_stock AS s
  WHERE s."on" <= :to AND (:department IS NULL OR s.department = :department) GROUP BY s.dossier, s.department
),
counted AS (
  SELECT s.dossier AS partner, s."on" AS counted_on, json_extract(one.value, '$.product') AS product,
    CAST(json_extract(one.value, '$.quantity') AS REAL) AS quantity, CAST(json_extract(one.value, '$.safe') AS REAL) AS safe
  FROM latest AS l
  JOIN partner_stock AS s ON s.dossier = l.dossier AND s.department = l.department AND s."on" || s.id = l.top,
    json_each(coalesce(s.stock, '[]')) AS one
),
sold AS (
  SELECT t.partner, t.product, sum(t.quantity) AS quantity FROM txn AS t
  WHERE t.partner IS NOT NULL AND t.date BETWEEN :from AND :to AND coalesce(t.sample, 0) = 0
    AND (:department IS NULL OR t.department = :department)
  GROUP BY t.partner, t.product
)
SELECT k.partner, coalesce(c.name, k.partner) AS name, k.product, k.counted_on, k.quantity, k.safe, coalesce(s.quantity, 0) AS sold,
  round(k.quantity * (julianday(min(:to, :as_of)) - julianday(:from) + 1) / nullif(s.quantity, 0), 1) AS stock_days,
  k.quantity < k.safe AS short
FROM counted AS k
LEFT JOIN customer AS c ON c.id = k.partner
LEFT JOIN sold AS s ON s.partner = k.partner AND s.product = k.product
ORDER BY name, k.partner, k.product
