SELECT dossier AS id, 'service_action' AS record_kind, id AS record,
  phase = 'before' AS before, phase = 'during' AS during, phase = 'after' AS after
FROM service_action
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
