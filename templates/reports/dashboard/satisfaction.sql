WITH said AS (
  SELECT satisfaction AS answer, surveyed_on AS day, department FROM complaint WHERE satisfaction IS NOT NULL
  UNION ALL
  SELECT overall, "on", department FROM survey WHERE overall IS NOT NULL
),
counted AS (
  SELECT coalesce(day, :as_of) AS day, answer <> 'no_answer' AS answered, answer IN ('satisfied', 'very_satisfied') AS content
  FROM said
  WHERE coalesce(day, :as_of) BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
    AND (:department IS NULL OR department = :department)
),
spans AS (
  SELECT 'all' AS span, answered, content FROM counted
  UNION ALL
  SELECT substr(day, 1, 4) || 'Q' || ((CAST(substr(day, 6, 2) AS INTEGER) + 2) / 3), answered, content FROM counted
)
SELECT
  span,
  count(*) AS asked,
  sum(answered) AS answered,
  100.0 * sum(content) / nullif(sum(answered), 0) AS content_share,
  round(wilson_low(sum(content), sum(answered)), 1) AS low,
  round(wilson_high(sum(content), sum(answered)), 1) AS high
FROM spans
GROUP BY span
ORDER BY span = 'all' DESC, span DESC
LIMIT 5
