WITH
filled AS (
  SELECT c.id, c.name, c.unverified, c.entered_on, a.owner, a.department, field.what, field.held
  FROM assignment AS a
  JOIN customer AS c ON c.id = a.dossier
  JOIN (
    SELECT id, 'category' AS what, category IS NOT NULL AS held FROM customer
    UNION ALL SELECT id, 'phone', phone IS NOT NULL FROM customer
    UNION ALL SELECT id, 'region', region IS NOT NULL FROM customer
    UNION ALL SELECT id, 'address', address IS NOT NULL FROM customer
    UNION ALL SELECT id, 'intention', intention IS NOT NULL FROM customer
    UNION ALL SELECT id, 'contacts', json_array_length(coalesce(contacts, '[]')) > 0 FROM customer
    UNION ALL SELECT id, 'needs', json_array_length(coalesce(needs, '[]')) > 0 FROM customer
    UNION ALL SELECT id, 'credit_code', credit_code IS NOT NULL FROM customer WHERE party_type = 'company'
    UNION ALL SELECT id, 'legal_person', legal_person IS NOT NULL FROM customer WHERE party_type = 'company'
    UNION ALL SELECT id, 'hospital_class', hospital_class IS NOT NULL FROM customer WHERE category = 'hospital'
    UNION ALL SELECT id, 'beds', beds IS NOT NULL FROM customer WHERE category = 'hospital'
  ) AS field ON field.id = c.id
  WHERE :department IS NULL OR a.department = :department
),
card AS (
  SELECT id, department, owner, entered_on, unverified,
    count(*) AS applicable, sum(held) AS held
  FROM filled
  GROUP BY id, department
)
SELECT
  owner,
  count(*) AS customers,
  round(avg(100.0 * held / applicable), 1) AS completeness,
  sum((SELECT count(*) FROM json_each(card.unverified))) AS unverified,
  sum((SELECT count(*) FROM json_each(card.unverified) WHERE json_each.value < :as_of)) AS overdue
FROM card
GROUP BY owner
ORDER BY completeness, owner
