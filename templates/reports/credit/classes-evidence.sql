SELECT r.class, r.terms, 'credit' AS record_kind, r.id AS record, 1 AS customers, r."limit" AS credit_limit,
  o.owed, coalesce(o.owed, 0) > r."limit" AS over
FROM rated AS r
LEFT JOIN owed AS o ON o.dossier = r.dossier
