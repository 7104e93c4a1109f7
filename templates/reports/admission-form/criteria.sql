SELECT json_extract(one.value, '$.criterion') AS criterion, json_extract(one.value, '$.item') AS item,
  json_extract(one.value, '$.holds') AS holds, CAST(json_extract(one.value, '$.weight') AS REAL) AS weight,
  CAST(json_extract(one.value, '$.score') AS REAL) AS score, json_extract(one.value, '$.note') AS note
FROM (
  SELECT criteria FROM admission WHERE dossier = :customer AND "on" <= :as_of ORDER BY "on" DESC, entered_at DESC, id LIMIT 1
) AS a, json_each(coalesce(a.criteria, '[]')) AS one
ORDER BY one.key
