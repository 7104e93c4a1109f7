WITH found AS (
  SELECT
    a.dossier,
    a.department,
    a.owner,
    (SELECT count(*) FROM breach AS b
      WHERE b.dossier = a.dossier AND b.department = a.department AND b.settled_on IS NULL) AS breaches,
    (SELECT count(*) FROM complaint AS k
      WHERE k.dossier = a.dossier AND k.department = a.department AND k.state <> 'closed') AS complaints,
    (SELECT count(*) FROM payment AS p
      WHERE p.dossier = a.dossier AND p.department = a.department AND p."on" > p.due_on
        AND p."on" BETWEEN :half_year_ago AND :as_of) AS late,
    EXISTS (SELECT 1 FROM blacklist_entry AS l
      WHERE l.customer = a.dossier AND l.state = 'in_force' AND (l.valid_to IS NULL OR l.valid_to >= :as_of)
        AND (l.level = 'company' OR l.of_department = a.department)) AS blacklisted
  FROM assignment AS a
  WHERE :department IS NULL OR a.department = :department
)
SELECT
  f.dossier AS id,
  coalesce(c.name, f.dossier) AS name,
  f.owner,
  nullif(f.breaches, 0) AS breaches,
  nullif(f.complaints, 0) AS complaints,
  nullif(f.late, 0) AS late,
  f.blacklisted,
  (SELECT sum(t.amount) FROM txn AS t
    WHERE t.dossier = f.dossier AND t.department = f.department AND t.date BETWEEN :year_ago AND :as_of
      AND (t.direction IS NULL OR t.direction <> 'buy')) AS amount
FROM found AS f
LEFT JOIN customer AS c ON c.id = f.dossier
WHERE f.breaches + f.complaints + f.late + f.blacklisted > 0
ORDER BY f.blacklisted DESC, f.breaches DESC, f.complaints DESC, f.late DESC, name, f.dossier
