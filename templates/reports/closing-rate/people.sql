SELECT
  owner,
  sum(outcome = 'won') AS won,
  sum(outcome = 'lost') AS lost,
  sum(outcome = 'too_long') AS too_long,
  100.0 * sum(outcome = 'won') / count(*) AS closing_rate,
  sum(CASE WHEN outcome = 'won' THEN amount END) AS amount
FROM chance
WHERE outcome IS NOT NULL
GROUP BY owner
ORDER BY owner
