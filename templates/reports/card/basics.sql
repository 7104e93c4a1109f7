SELECT
  name, id, party_type, category, credit_code, legal_person, size, hospital_class, beds, phone, email, region, address,
  invoice_name, source, lawful_basis, obtained_at_on, trade_profile_credit, trade_profile_policy,
  trade_profile_attitude, note,
  (SELECT group_concat(json_each.key, ', ') FROM json_each(customer.unverified)) AS unverified,
  entered_on
FROM customer
WHERE id = :customer
