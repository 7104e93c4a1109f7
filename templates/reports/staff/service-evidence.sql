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
)
SELECT person, 'complaints' AS figure, 'complaint' AS record_kind, id AS record FROM handled
UNION ALL SELECT person, 'solved', 'complaint', id FROM handled WHERE solved_at_on IS NOT NULL
UNION ALL SELECT person, 'handling_content', 'complaint', id FROM handled WHERE satisfaction IN ('very_satisfied', 'satisfied')
UNION ALL SELECT person, 'handling_discontent', 'complaint', id FROM handled WHERE satisfaction IN ('dissatisfied', 'very_dissatisfied')
UNION ALL SELECT person, 'answers', 'survey', id FROM asked WHERE overall <> 'no_answer'
UNION ALL SELECT person, 'content', 'survey', id FROM asked WHERE overall IN ('very_satisfied', 'satisfied')
UNION ALL SELECT person, 'discontent', 'survey', id FROM asked WHERE overall IN ('dissatisfied', 'very_dissatisfied')
UNION ALL SELECT person, 'feedback', 'feedback', id FROM said
