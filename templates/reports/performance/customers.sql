WITH due AS (
  SELECT h.dossier, h.id,
    EXISTS (SELECT 1 FROM payment AS p WHERE p.contract = h.id AND p."on" <= :to)
      AND NOT EXISTS (SELECT 1 FROM breach AS b WHERE b.contract = h.id AND b.by_whom = 'customer' AND b."on" <= :to) AS kept
  FROM contract AS h
  WHERE coalesce(h.pay_by, h.valid_to) BETWEEN :from AND :to AND h.state <> 'draft'
    AND (:department IS NULL OR h.department = :department)
),
paid AS (
  SELECT dossier, count(*) AS payments, 100.0 * sum("on" <= coalesce(due_on, "on")) / count(*) AS in_time
  FROM payment WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
broken AS (
  SELECT dossier, count(*) AS breaches, sum(what = 'fraud') AS fraud
  FROM breach
  WHERE by_whom = 'customer' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
named AS (SELECT dossier FROM due UNION SELECT dossier FROM paid UNION SELECT dossier FROM broken)
SELECT
  n.dossier AS id,
  coalesce(c.name, n.dossier) AS name,
  (SELECT count(*) FROM due AS d WHERE d.dossier = n.dossier) AS contracts,
  (SELECT coalesce(sum(kept), 0) FROM due AS d WHERE d.dossier = n.dossier) AS fulfilled,
  (SELECT 100.0 * sum(kept) / count(*) FROM due AS d WHERE d.dossier = n.dossier) AS fulfilled_share,
  coalesce(p.payments, 0) AS payments,
  p.in_time AS in_time_share,
  coalesce(b.breaches, 0) AS breaches,
  coalesce(b.fraud, 0) AS fraud
FROM named AS n
LEFT JOIN customer AS c ON c.id = n.dossier
LEFT JOIN paid AS p ON p.dossier = n.dossier
LEFT JOIN broken AS b ON b.dossier = n.dossier
ORDER BY breaches DESC, fulfilled_share, name, id
