SELECT a.owner, h.scheme, h.scheme || '=' || h.grade AS grade, 'grade' AS record_kind, h.id AS record, 1 AS customers
FROM held_grade AS h
JOIN assignment AS a ON a.dossier = h.dossier AND a.department = h.department
