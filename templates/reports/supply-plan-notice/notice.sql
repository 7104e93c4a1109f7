SELECT c.name AS customer, p.name, p.form_number, p.place, p.plan_capacity AS capacity, p.plan_voltage AS voltage,
  p.plan_supply_way AS supply_way, p.plan_dedicated AS dedicated, p.plan_metering AS metering, p.plan_economy AS economy,
  p.plan_on AS planned_on, p.answered_on, p.notice_on
FROM supply_project AS p
JOIN customer AS c ON c.id = p.dossier
WHERE p.dossier = :customer AND p.plan_on IS NOT NULL
ORDER BY p.plan_on DESC, p.id
LIMIT 1
