SELECT k.dossier AS id, 'care_action' AS record_kind, k.id AS record,
  k.what IN ('gift', 'exclusive', 'offer') AS gifts, k.what NOT IN ('gift', 'exclusive', 'offer') AS other, k.cost,
  k.what IN ('gift', 'exclusive', 'offer') AND (k.approved_by IS NULL OR k.approved_by = k."by") AS unapproved
FROM care_action AS k
WHERE k."on" BETWEEN :from AND :to AND (:department IS NULL OR k.department = :department)
