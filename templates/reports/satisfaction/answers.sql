WITH said AS (
  SELECT 'complaint' AS trigger, satisfaction AS answer, department, dossier
  FROM complaint
  WHERE satisfaction IS NOT NULL AND coalesce(surveyed_on, told_at_on) BETWEEN :from AND :to
  UNION ALL
  SELECT trigger, overall, department, dossier
  FROM survey
  WHERE overall IS NOT NULL AND "on" BETWEEN :from AND :to
),
mine AS (SELECT * FROM said WHERE :department IS NULL OR department = :department)
SELECT
  answer,
  count(*) AS answers,
  CASE WHEN answer <> 'no_answer' THEN
    100.0 * count(*) / (SELECT count(*) FROM mine WHERE answer <> 'no_answer') END AS share
FROM mine
GROUP BY answer
ORDER BY CASE answer WHEN 'very_satisfied' THEN 1 WHEN 'satisfied' THEN 2 WHEN 'neutral' THEN 3
  WHEN 'dissatisfied' THEN 4 WHEN 'very_dissatisfied' THEN 5 ELSE 6 END, answer
