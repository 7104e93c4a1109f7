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
  trigger,
  count(*) AS asked,
  sum(answer <> 'no_answer') AS answered,
  100.0 * sum(answer <> 'no_answer') / count(*) AS response,
  sum(answer IN ('very_satisfied', 'satisfied')) AS content,
  sum(answer IN ('dissatisfied', 'very_dissatisfied')) AS discontent,
  100.0 * sum(answer IN ('very_satisfied', 'satisfied')) / nullif(sum(answer <> 'no_answer'), 0) AS content_share
FROM mine
GROUP BY trigger
ORDER BY asked DESC, trigger
