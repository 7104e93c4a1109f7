SELECT CAST(row_number() OVER (ORDER BY g.nth) AS TEXT) AS number, CASE :language WHEN 'zh' THEN g.zh ELSE g.en END AS text
FROM guidance AS g
WHERE g.topic = 'account_safety' AND g.reader = 'customer'
ORDER BY g.nth
