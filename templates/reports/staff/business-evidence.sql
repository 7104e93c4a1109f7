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
chance AS (
  SELECT o.id, a.owner AS person,
    CASE
      WHEN o.state = 'won' AND coalesce(o.agreed_on, o.entered_on) BETWEEN :from AND span.last THEN 'won'
      WHEN o.state = 'lost' AND o.entered_on BETWEEN :from AND span.last THEN 'lost'
      WHEN o.state NOT IN ('won', 'lost')
        AND julianday(span.last) - julianday(f.on_day) > :closing_open_days THEN 'too_long'
    END AS outcome
  FROM opportunity AS o, span
  JOIN assignment AS a ON a.dossier = o.dossier AND a.department = o.department
  LEFT JOIN first_entry AS f ON f.kind = 'opportunity' AND f.id = o.id
  WHERE :department IS NULL OR o.department = :department
)
SELECT person, 'submitted' AS figure, 'newcust_application' AS record_kind, id AS record FROM apply WHERE submitted_on BETWEEN :from AND :to
UNION ALL SELECT person, 'recognised', 'newcust_application', id FROM apply WHERE recognised_on BETWEEN :from AND :to
UNION ALL SELECT person, 'refused', 'newcust_application', id FROM apply
  WHERE state IN ('refused_late', 'refused_history') AND entered_on BETWEEN :from AND :to
UNION ALL SELECT person, 'plans', 'development_plan', id FROM plan
UNION ALL SELECT person, 'plans_kept', 'development_plan', id FROM plan WHERE state = 'done'
UNION ALL SELECT person, outcome, 'opportunity', id FROM chance WHERE outcome IS NOT NULL
