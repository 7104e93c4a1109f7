SELECT 'all' AS whole, said.answer, said.occasion AS "trigger", substr(said.day, 1, 7) AS month, said.department, said.owner,
  said.product, g.grade, c.region,
  CASE WHEN said.id IN (SELECT id FROM complaint) THEN 'complaint' ELSE 'survey' END AS record_kind, said.id AS record,
  1 AS asked, 1 AS answers, said.content IS NOT NULL AS answered, said.content = 1 AS content,
  said.answer IN ('dissatisfied', 'very_dissatisfied') AS discontent
FROM said
LEFT JOIN customer AS c ON c.id = said.dossier
LEFT JOIN graded AS g ON g.dossier = said.dossier AND g.department = said.department
