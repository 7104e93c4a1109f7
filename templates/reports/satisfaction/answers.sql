SELECT
  answer,
  count(*) AS answers,
  CASE WHEN content IS NOT NULL THEN 100.0 * count(*) / (SELECT count(content) FROM said) END AS share
FROM said
GROUP BY answer
ORDER BY max(points) IS NULL, max(points) DESC, answer
