SELECT c.name AS customer, :as_of AS day FROM customer AS c WHERE c.id = :customer
