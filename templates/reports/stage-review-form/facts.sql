SELECT
  c.name,
  (SELECT sum(amount) FROM sale WHERE dossier = c.id AND date BETWEEN :from AND :to) AS amount,
  (SELECT count(*) FROM sale WHERE dossier = c.id AND date BETWEEN :from AND :to) AS deals,
  (SELECT count(*) FROM contract WHERE dossier = c.id AND signed_on <= :to AND (valid_to IS NULL OR valid_to >= :from)) AS contracts,
  (SELECT sum(amount) FROM payment WHERE dossier = c.id AND "on" BETWEEN :from AND :to) AS paid,
  (SELECT count(*) FROM payment WHERE dossier = c.id AND "on" BETWEEN :from AND :to AND due_on < "on") AS late,
  (SELECT count(*) FROM visit WHERE dossier = c.id AND state = 'done' AND "on" BETWEEN :from AND :to) AS visits,
  (SELECT count(*) FROM complaint WHERE dossier = c.id AND received_at_on BETWEEN :from AND :to) AS complaints,
  (SELECT count(*) FROM breach WHERE dossier = c.id AND "on" BETWEEN :from AND :to) AS breaches,
  (SELECT group_concat(grade, ' ') FROM graded WHERE dossier = c.id) AS grade
FROM customer AS c
WHERE c.id = :customer
