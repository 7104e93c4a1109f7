-- The stores of class C (C1, C2) that are open on the day: whose they are is a class C customer (P11:4.1).
SELECT id, department, dossier, class
FROM store
WHERE class IN ('c1', 'c2') AND (closed_on IS NULL OR closed_on > :as_of)
  AND (:department IS NULL OR department = :department)
