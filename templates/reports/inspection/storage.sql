SELECT kind, sum(existing) AS existing, sum(opened) AS opened, sum(existing) - sum(opened) AS closed,
  (SELECT count(*) FROM damaged WHERE damaged.kind = coverage.kind) AS damaged
FROM coverage
WHERE :department IS NULL OR department = :department OR department = ''
GROUP BY kind
ORDER BY kind
