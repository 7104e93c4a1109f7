WITH said AS (
  SELECT satisfaction AS answer, surveyed_on AS day, department FROM complaint WHERE satisfaction IS NOT NULL
  UNION ALL
  SELECT overall, "on", department FROM survey WHERE overall IS NOT NULL
),
counted AS (
  SELECT answer, count(*) AS answers FROM said
  WHERE coalesce(day, :as_of) BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
    AND (:department IS NULL OR department = :department)
  GROUP BY answer
)
SELECT
  answer,
  answers,
  CASE WHEN answer <> 'no_answer' THEN
    100.0 * answers / (SELECT sum(answers) FROM counted WHERE answer <> 'no_answer') END AS share
FROM counted
ORDER BY CASE answer WHEN 'very_satisfied' THEN 1 WHEN 'satisfied' THEN 2 WHEN 'neutral' THEN 3
  WHEN 'dissatisfied' THEN 4 WHEN 'very_dissatisfied' THEN 5 ELSE 6 END, answer
