SELECT name, id, licence, licence_to FROM supply_unit
WHERE what = 'construction' AND licence_to >= :as_of
ORDER BY name, id
