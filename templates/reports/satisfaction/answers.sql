SELECT
  answer,
  count(*) AS answers,
  CASE WHEN content IS NOT NULL THEN 100.0 * count(*) / (SELECT count(content) FROM said) END AS share
FROM said
GROUP BY answer
ORDER BY CASE answer WHEN 'very_satisfied' THEN 1 WHEN 'satisfied' THEN 2 WHEN 'neutral' THEN 3
  WHEN 'dissatisfied' THEN 4 WHEN 'very_dissatisfied' THEN 5 ELSE 6 END, answer
