-- Each field that a customer's card ought to hold, and whether it does; what does not apply to a customer is left out.
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
