SELECT a.owner, h.scheme, h.scheme || '=' || h.grade AS grade, count(*) AS customers,
  100.0 * count(*) / sum(count(*)) OVER (PARTITION BY a.owner, h.scheme) AS share
FROM held_grade AS h
JOIN assignment AS a ON a.dossier = h.dossier AND a.department = h.department
GROUP BY a.owner, h.scheme, h.grade
ORDER BY a.owner, h.scheme, customers DESC, h.grade
