SELECT
  json_extract(person.value, '$.name') AS name,
  json_extract(person.value, '$.post') AS post,
  json_extract(person.value, '$.role') AS role,
  json_extract(person.value, '$.phone') AS phone,
  json_extract(person.value, '$.email') AS email
FROM customer, json_each(customer.contacts) AS person
WHERE customer.id = :customer
ORDER BY person.key
