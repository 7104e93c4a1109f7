WITH due AS (
  SELECT d.dossier AS partner, d.id, d.due_on, d.delivered_on, d.state,
    (SELECT sum(CAST(json_extract(g.value, '$.ordered') AS REAL)) FROM json_each(coalesce(d.goods, '[]')) AS g) AS ordered,
    (SELECT sum(CAST(json_extract(g.value, '$.delivered') AS REAL)) FROM json_each(coalesce(d.goods, '[]')) AS g) AS delivered
  FROM partner_delivery AS d
  WHERE d.state <> 'cancelled' AND d.due_on BETWEEN :from AND min(:to, :as_of) AND (:department IS NULL OR d.department = :department)
),
scored AS (
  SELECT s.dossier AS partner, s.service_score AS score, s."on" AS day,
    row_number() OVER (PARTITION BY s.dossier, s."on" < :from ORDER BY s."on" DESC, s.id DESC) AS place
  FROM partner_stock AS s
  WHERE s.service_score IS NOT NULL AND s."on" <= :to AND (:department IS NULL OR s.department = :department)
),
partners AS (SELECT partner FROM due UNION SELECT partner FROM scored)
SELECT p.partner, coalesce(c.name, p.partner) AS name, count(d.id) AS deliveries,
  coalesce(sum(d.delivered_on <= d.due_on), 0) AS in_time, 100.0 * coalesce(sum(d.delivered_on <= d.due_on), 0) / nullif(count(d.id), 0) AS in_time_rate,
  100.0 * coalesce(sum(d.delivered), 0) / nullif(sum(d.ordered), 0) AS delivery_rate,
  (SELECT s.score FROM scored AS s WHERE s.partner = p.partner AND s.place = 1 AND s.day >= :from) AS score,
  (SELECT s.score FROM scored AS s WHERE s.partner = p.partner AND s.place = 1 AND s.day < :from) AS score_before
FROM partners AS p
LEFT JOIN customer AS c ON c.id = p.partner
LEFT JOIN due AS d ON d.partner = p.partner
GROUP BY p.partner, name
ORDER BY name, p.partner
