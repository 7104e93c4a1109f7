WITH said AS (
  SELECT 'complaint' AS kind, id, satisfaction AS answer, coalesce(surveyed_on, :as_of) AS day, department
  FROM complaint WHERE satisfaction IS NOT NULL
  UNION ALL
  SELECT 'survey', id, overall, coalesce("on", :as_of), department FROM survey WHERE overall IS NOT NULL
),
counted AS (
  SELECT * FROM said
  WHERE day BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
    AND (:department IS NULL OR department = :department)
)
SELECT 'all' AS span, kind AS record_kind, id AS record, 1 AS asked, answer <> 'no_answer' AS answered FROM counted
UNION ALL
SELECT substr(day, 1, 4) || 'Q' || ((CAST(substr(day, 6, 2) AS INTEGER) + 2) / 3), kind, id, 1, answer <> 'no_answer'
FROM counted
