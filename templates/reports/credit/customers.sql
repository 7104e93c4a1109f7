WITH
sold AS (
  SELECT dossier, sum(amount) AS sales, sum(CASE WHEN payment_method = 'credit' THEN amount END) AS on_credit
  FROM txn
  WHERE date BETWEEN :from AND :to AND (direction IS NULL OR direction <> 'buy')
    AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
paid AS (
  SELECT dossier, sum(amount) AS paid, count(*) AS payments, sum("on" > due_on) AS late,
    max(CASE WHEN "on" > due_on THEN CAST(julianday("on") - julianday(due_on) AS INTEGER) END) AS longest
  FROM payment
  WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
broken AS (
  SELECT dossier, count(*) AS breaches
  FROM breach
  WHERE what = 'late_payment' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
named AS (
  SELECT dossier FROM sold UNION SELECT dossier FROM paid UNION SELECT dossier FROM broken
  UNION SELECT dossier FROM rated
)
SELECT
  n.dossier AS id,
  coalesce(c.name, n.dossier) AS name,
  r.class,
  r.terms,
  r.days,
  r."limit" AS credit_limit,
  o.owed,
  CASE WHEN r."limit" IS NOT NULL THEN coalesce(o.owed, 0) > r."limit" END AS over,
  r.valid_to,
  s.sales,
  s.on_credit,
  p.paid,
  p.payments,
  p.late,
  100.0 * p.late / p.payments AS late_share,
  p.longest,
  b.breaches,
  coalesce(r.credit_state, c.trade_profile_credit, c.trade_status_credit_state) AS credit
FROM named AS n
LEFT JOIN customer AS c ON c.id = n.dossier
LEFT JOIN rated AS r ON r.dossier = n.dossier
LEFT JOIN owed AS o ON o.dossier = n.dossier
LEFT JOIN sold AS s ON s.dossier = n.dossier
LEFT JOIN paid AS p ON p.dossier = n.dossier
LEFT JOIN broken AS b ON b.dossier = n.dossier
ORDER BY over DESC, p.late DESC, s.sales DESC, name, n.dossier
