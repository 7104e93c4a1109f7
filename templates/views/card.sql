-- Each card by department: how many of the fields it ought to hold it holds.
SELECT id, name, department, owner, entered_on, unverified, count(*) AS applicable, sum(held) AS held,
  group_concat(CASE WHEN NOT held THEN what END, ', ') AS missing
FROM card_field
GROUP BY id, department
