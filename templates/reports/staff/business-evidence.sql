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
)
SELECT person, 'submitted' AS figure, 'newcust_application' AS record_kind, id AS record FROM apply WHERE submitted_on BETWEEN :from AND :to
UNION ALL SELECT person, 'recognised', 'newcust_application', id FROM apply WHERE recognised_on BETWEEN :from AND :to
UNION ALL SELECT person, 'refused', 'newcust_application', id FROM apply
  WHERE state IN ('refused_late', 'refused_history') AND entered_on BETWEEN :from AND :to
UNION ALL SELECT person, 'plans', 'development_plan', id FROM plan
UNION ALL SELECT person, 'plans_kept', 'development_plan', id FROM plan WHERE state = 'done'
UNION ALL SELECT owner, outcome, 'opportunity', id FROM chance WHERE outcome IS NOT NULL
