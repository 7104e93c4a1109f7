SELECT h."on" AS day, h.id, h.from_member, h.to_member, h.why, h.note, h.open_matters, h.secrecy, h.witness,
  (SELECT group_concat(coalesce(c.name, who.value), char(10)) FROM json_each(h.customers) AS who
   LEFT JOIN customer AS c ON c.id = who.value) AS customers
FROM handover AS h
WHERE h."on" BETWEEN :from AND :to AND (:department IS NULL OR h.department = :department)
ORDER BY day DESC, h.id
