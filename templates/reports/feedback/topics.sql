WITH said AS (
  SELECT coalesce(topic, 'other') AS topic, answer, action, improvement, "on" AS day
  FROM feedback
  WHERE "on" <= :to AND (:department IS NULL OR department = :department)
),
before AS (
  SELECT topic, count(*) AS n FROM said
  WHERE day < :from AND julianday(:from) - julianday(day) <= julianday(:to) - julianday(:from) + 1
  GROUP BY topic
),
during AS (
  SELECT topic, count(*) AS n, count(answer) AS answered, sum(action IS NOT NULL OR improvement IS NOT NULL) AS acted
  FROM said WHERE day >= :from GROUP BY topic
)
SELECT
  t.topic,
  coalesce(d.n, 0) AS received,
  coalesce(b.n, 0) AS before,
  coalesce(d.n, 0) - coalesce(b.n, 0) AS trend,
  coalesce(d.answered, 0) AS answered,
  coalesce(d.acted, 0) AS acted
FROM (SELECT topic FROM during UNION SELECT topic FROM before) AS t
LEFT JOIN during AS d ON d.topic = t.topic
LEFT JOIN before AS b ON b.topic = t.topic
ORDER BY received DESC, t.topic
