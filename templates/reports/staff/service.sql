WITH
handled AS (
  SELECT id, handler AS person, solved_at_on, received_at_on, satisfaction FROM complaint
  WHERE received_at_on BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
),
asked AS (
  SELECT s.id, a.owner AS person, s.overall FROM survey AS s
  JOIN assignment AS a ON a.dossier = s.dossier AND a.department = s.department
  WHERE s."on" BETWEEN :from AND :to AND (:department IS NULL OR s.department = :department)
),
said AS (
  SELECT f.id, a.owner AS person FROM feedback AS f
  JOIN assignment AS a ON a.dossier = f.dossier AND a.department = f.department
  WHERE f."on" BETWEEN :from AND :to AND (:department IS NULL OR f.department = :department)
),
h AS (
  SELECT person, count(*) AS complaints, sum(solved_at_on IS NOT NULL) AS solved,
    round(avg(julianday(solved_at_on) - julianday(received_at_on)), 1) AS days,
    sum(satisfaction IN ('very_satisfied', 'satisfied')) AS content, sum(satisfaction IN ('dissatisfied', 'very_dissatisfied')) AS discontent
  FROM handled GROUP BY person
),
q AS (
  SELECT person, sum(overall <> 'no_answer') AS answers, sum(overall IN ('very_satisfied', 'satisfied')) AS content, sum(overall IN ('dissatisfied', 'very_dissatisfied')) AS discontent
  FROM asked GROUP BY person
),
f AS (SELECT person, count(*) AS found FROM said GROUP BY person),
person AS (SELECT person AS id FROM h UNION SELECT person FROM q UNION SELECT person FROM f)
SELECT
  p.id AS person,
  h.complaints,
  h.solved,
  h.days,
  h.content AS handling_content,
  h.discontent AS handling_discontent,
  q.answers,
  q.content,
  q.discontent,
  100.0 * q.content / nullif(q.answers, 0) AS content_share,
  f.found AS feedback
FROM person AS p
LEFT JOIN h ON h.person = p.id
LEFT JOIN q ON q.person = p.id
LEFT JOIN f ON f.person = p.id
WHERE p.id IS NOT NULL
ORDER BY p.id
