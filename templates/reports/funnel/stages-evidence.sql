WITH step (stage, rung) AS (VALUES ('potential', 1), ('intending', 2), ('closed', 3), ('key', 4)),
reached AS (
  SELECT a.dossier, a.since,
    CASE a.state WHEN 'potential' THEN 1 WHEN 'intending' THEN 2 WHEN 'closed' THEN 3 WHEN 'key' THEN 4 END AS rung
  FROM assignment AS a
  WHERE a.state IN ('potential', 'intending', 'closed', 'key') AND (:department IS NULL OR a.department = :department)
)
SELECT s.stage, 'customer' AS record_kind, r.dossier AS record, 1 AS reached, r.rung = s.rung AS now,
  r.rung = s.rung AND substr(r.since, 1, 10) BETWEEN :from AND :to AS entered
FROM step AS s
JOIN reached AS r ON r.rung >= s.rung
