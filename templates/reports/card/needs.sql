SELECT
  json_extract(need.value, '$.on') AS on_day,
  json_extract(need.value, '$.text') AS need,
  json_extract(need.value, '$.product') AS product,
  json_extract(need.value, '$.urgency') AS urgency
FROM customer, json_each(customer.needs) AS need
WHERE customer.id = :customer
ORDER BY on_day DESC, need.key
