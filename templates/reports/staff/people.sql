WITH
care AS (
  SELECT owner, count(*) AS customers, sum(state = 'key') AS key_customers,
    100.0 * sum(state IN ('closed', 'key')) / count(*) AS closing_rate
  FROM assignment WHERE :department IS NULL OR department = :department
  GROUP BY owner
),
fresh AS (
  SELECT a.owner, count(*) AS found FROM assignment AS a JOIN customer AS c ON c.id = a.dossier
  WHERE c.obtained_at_on BETWEEN :from AND :to AND (:department IS NULL OR a.department = :department)
  GROUP BY a.owner
),
visited AS (
  SELECT coalesce(entered_for, entered_by) AS person, count(*) AS found, count(DISTINCT dossier) AS customers
  FROM visit
  WHERE state = 'done' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY person
),
handled AS (
  SELECT handler, count(*) AS found FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
  GROUP BY handler
),
signed AS (
  SELECT a.owner, count(*) AS found
  FROM contract AS h JOIN assignment AS a ON a.dossier = h.dossier AND a.department = h.department
  WHERE h.signed_on BETWEEN :from AND :to AND (:department IS NULL OR h.department = :department)
  GROUP BY a.owner
),
sold AS (
  SELECT coalesce(t.seller, t.entered_by) AS person, count(*) AS deals, sum(t.amount) AS amount FROM txn AS t
  WHERE t.date BETWEEN :from AND :to AND (t.direction IS NULL OR t.direction <> 'buy')
    AND (:department IS NULL OR t.department = :department)
  GROUP BY person
),
late AS (
  SELECT member, count(*) AS found FROM due
  WHERE late
    AND (:department IS NULL OR department = :department
      OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))
  GROUP BY member
),
person AS (SELECT owner AS id FROM care UNION SELECT person FROM visited UNION SELECT person FROM sold)
SELECT
  p.id AS person,
  care.customers,
  care.key_customers,
  care.closing_rate,
  fresh.found AS new_customers,
  visited.found AS visits,
  100.0 * visited.customers / care.customers AS visited_share,
  handled.found AS complaints,
  signed.found AS contracts,
  sold.deals,
  sold.amount,
  late.found AS overdue
FROM person AS p
LEFT JOIN care ON care.owner = p.id
LEFT JOIN fresh ON fresh.owner = p.id
LEFT JOIN visited ON visited.person = p.id
LEFT JOIN handled ON handled.handler = p.id
LEFT JOIN signed ON signed.owner = p.id
LEFT JOIN sold ON sold.person = p.id
LEFT JOIN late ON late.member = p.id
WHERE p.id IS NOT NULL
ORDER BY sold.amount DESC, p.id
