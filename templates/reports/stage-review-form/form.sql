SELECT
  period, "on", "by", performance, payment, integrity, events, score, result, new_grade, decided_by,
  substr(decided_at_on, 1, 10) AS decided_on
FROM stage_review
WHERE dossier = :customer AND coalesce("on", entered_on) <= :as_of
ORDER BY coalesce("on", entered_on) DESC, id
LIMIT 1
