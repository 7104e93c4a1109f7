SELECT c.name AS customer, 'customer' AS record_kind, c.id AS record FROM customer AS c WHERE c.id = :customer
