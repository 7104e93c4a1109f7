WITH
span AS (SELECT min(:to, :as_of) AS last),
apply AS (
  SELECT id, coalesce(developer, entered_by) AS person, submitted_on, recognised_on, state, entered_on
  FROM newcust_application WHERE :department IS NULL OR department = :department
),
plan AS (
  SELECT d.id, a.owner AS person, d.state FROM development_plan AS d, span
  JOIN assignment AS a ON a.dossier = d.dossier AND a.department = d.department
  WHERE d.until BETWEEN :from AND span.last AND (:department IS NULL OR d.department = :department)
),
person AS (
  SELECT person AS id FROM apply UNION SELECT person FROM plan UNION SELECT owner FROM chance WHERE outcome IS NOT NULL
),
a AS (
  SELECT person, sum(submitted_on BETWEEN :from AND :to) AS submitted, sum(recognised_on BETWEEN :from AND :to) AS recognised,
    sum(state IN ('refused_late', 'refused_history') AND entered_on BETWEEN :from AND :to) AS refused
  FROM apply GROUP BY person
),
d AS (SELECT person, count(*) AS plans, sum(state = 'done') AS kept FROM plan GROUP BY person),
c AS (
  SELECT owner AS person, sum(outcome = 'won') AS won, sum(outcome = 'lost') AS lost, sum(outcome = 'too_long') AS too_long
  FROM chance WHERE outcome IS NOT NULL GROUP BY owner
)
SELECT
  p.id AS person,
  a.submitted,
  a.recognised,
  a.refused,
  d.plans,
  d.kept AS plans_kept,
  c.won,
  c.lost,
  c.too_long,
  100.0 * c.won / nullif(c.won + c.lost + c.too_long, 0) AS closing_rate
FROM person AS p
LEFT JOIN a ON a.person = p.id
LEFT JOIN d ON d.person = p.id
LEFT JOIN c ON c.person = p.id
WHERE p.id IS NOT NULL
ORDER BY p.id
