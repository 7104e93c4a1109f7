-- What was sold in this month and the eleven before; of it what fell in the last three months, and in the three before.
SELECT id, dossier, name, product, region, date, amount,
  CASE WHEN date > :quarter_ago THEN amount END AS recent,
  CASE WHEN date > date(:quarter_ago, '-3 months') AND date <= :quarter_ago THEN amount END AS earlier
FROM sale
WHERE date BETWEEN date(:as_of, 'start of month', '-11 months') AND :as_of
