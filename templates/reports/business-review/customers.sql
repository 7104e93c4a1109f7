SELECT s.dossier AS id, s.department, coalesce(c.name, s.dossier) AS name, a.owner, min(s.class) AS class, count(*) AS stores,
  (SELECT count(*) FROM visit AS v WHERE v.dossier = s.dossier AND v.department = s.department AND v.state = 'done'
    AND v."on" BETWEEN :from AND :to) AS visits,
  (SELECT sum(amount) FROM sale AS t WHERE t.dossier = s.dossier AND t.department = s.department
    AND t.date BETWEEN :from AND :to) AS amount,
  (SELECT sum(amount) FROM sale AS t WHERE t.dossier = s.dossier AND t.department = s.department
    AND t.date >= date(:from, '-1 month') AND t.date < :from) AS before,
  (SELECT count(*) FROM complaint AS k WHERE k.dossier = s.dossier AND k.department = s.department
    AND k.received_at_on BETWEEN :from AND :to) AS complaints,
  (SELECT max(b."on") FROM business_review AS b WHERE b.dossier = s.dossier AND b.department = s.department
    AND b."on" BETWEEN :from AND :to) AS reviewed_on
FROM class_c_store AS s
LEFT JOIN customer AS c ON c.id = s.dossier
LEFT JOIN assignment AS a ON a.dossier = s.dossier AND a.department = s.department
GROUP BY s.dossier, s.department
ORDER BY amount DESC, name, s.dossier
