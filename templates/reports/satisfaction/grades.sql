SELECT
  g.grade,
  count(*) AS asked,
  count(content) AS answered,
  100.0 * count(content) / count(*) AS response,
  sum(content = 1) AS content,
  sum(answer IN ('dissatisfied', 'very_dissatisfied')) AS discontent,
  100.0 * sum(content) / count(content) AS content_share,
  round(wilson_low(sum(content), count(content)), 1) AS low,
  round(wilson_high(sum(content), count(content)), 1) AS high,
  round(avg(CASE WHEN content IS NOT NULL THEN points END), 1) AS index_points
FROM said
LEFT JOIN graded AS g ON g.dossier = said.dossier AND g.department = said.department
GROUP BY 1
ORDER BY asked DESC, 1
