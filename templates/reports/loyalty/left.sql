SELECT dossier AS id, max(name) AS name, max(date) AS last_trade, sum(amount) AS amount
FROM sale
WHERE date < :from AND date >= date(:from, '-' || CAST(julianday(:to) - julianday(:from) + 1 AS INTEGER) || ' days')
  AND dossier NOT IN (SELECT dossier FROM sale WHERE date BETWEEN :from AND :to)
GROUP BY dossier
ORDER BY amount DESC, name, dossier
