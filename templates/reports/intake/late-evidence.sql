SELECT f."by" AS person, c.name, c.obtained_at_on AS obtained_on, 'customer' AS record_kind, c.id AS record
FROM customer AS c
JOIN first_entry AS f ON f.kind = 'customer' AND f.id = c.id
