SELECT 100.0 * held / applicable AS completeness, id, name, missing, owner
FROM card
WHERE held < applicable
ORDER BY completeness, name, id
