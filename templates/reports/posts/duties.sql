SELECT CASE :language WHEN 'zh' THEN d.post_zh ELSE d.post_en END AS post, d.role, d.what, d.nth + 1 AS nth,
  CASE :language WHEN 'zh' THEN d.zh ELSE d.en END AS text, CASE :language WHEN 'zh' THEN d.kinds_zh ELSE d.kinds_en END AS kinds, d.clause
FROM duty AS d
ORDER BY post, d.what, d.nth
