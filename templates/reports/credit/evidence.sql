SELECT dossier AS id, 'transaction' AS record_kind, id AS record, amount AS sales,
  CASE WHEN payment_method = 'credit' THEN amount END AS on_credit, NULL AS paid,
  NULL AS payments, NULL AS late, NULL AS breaches
FROM txn
WHERE date BETWEEN :from AND :to AND (direction IS NULL OR direction <> 'buy') AND (:department IS NULL OR department = :department)
UNION ALL
SELECT dossier, 'payment', id, NULL, NULL, amount, 1, "on" > due_on, NULL
FROM payment
WHERE "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
UNION ALL
SELECT dossier, 'breach', id, NULL, NULL, NULL, NULL, NULL, 1
FROM breach
WHERE what = 'late_payment' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
