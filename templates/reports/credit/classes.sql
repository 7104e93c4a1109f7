SELECT r.class, r.terms, count(*) AS customers, sum(r."limit") AS credit_limit, sum(o.owed) AS owed,
  sum(coalesce(o.owed, 0) > r."limit") AS over
FROM rated AS r
LEFT JOIN owed AS o ON o.dossier = r.dossier
GROUP BY r.class, r.terms
ORDER BY r.class IS NULL, r.class, r.terms
