-- The credit judgement in force of each customer: class, terms and limit of the last entry that gives a class or a limit.
SELECT id, dossier, class, terms, days, "limit", valid_to, credit_state
FROM (
  SELECT *, row_number() OVER (PARTITION BY dossier ORDER BY "on" DESC, entered_at DESC, id) AS place
  FROM credit
  WHERE "on" <= :as_of AND (class IS NOT NULL OR "limit" IS NOT NULL)
    AND (:department IS NULL OR department = :department)
)
WHERE place = 1
