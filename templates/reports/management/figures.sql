SELECT
  (SELECT count(DISTINCT dossier) FROM assignment WHERE :department IS NULL OR department = :department) AS customers,
  (SELECT count(*) FROM customer WHERE obtained_at_on BETWEEN :from AND :to
    AND (:department IS NULL OR id IN (SELECT dossier FROM assignment WHERE department = :department))) AS new_customers,
  (SELECT sum(amount) FROM sale WHERE date BETWEEN :from AND :to) AS amount,
  (SELECT count(*) FROM visit WHERE state = 'done' AND "on" BETWEEN :from AND :to
    AND (:department IS NULL OR department = :department)) AS visits,
  (SELECT count(*) FROM complaint WHERE received_at_on BETWEEN :from AND :to
    AND (:department IS NULL OR department = :department)) AS complaints,
  (SELECT count(*) FROM complaint WHERE state <> 'closed' AND (:department IS NULL OR department = :department)) AS open_complaints,
  (SELECT count(*) FROM due WHERE late
    AND (:department IS NULL OR department = :department
      OR department IS NULL AND dossier IN (SELECT dossier FROM assignment WHERE department = :department))) AS overdue
