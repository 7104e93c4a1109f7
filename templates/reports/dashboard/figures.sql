WITH
span AS (
  SELECT date(:as_of, 'start of month') AS month, date(:as_of, 'start of month', '-11 months') AS year
),
mine AS (SELECT * FROM assignment WHERE :department IS NULL OR department = :department),
-- what nobody could open is unknown, not nought
shut AS (SELECT kind FROM coverage GROUP BY kind HAVING sum(opened) = 0 AND sum(existing) > 0),
sales AS (
  SELECT sum(amount) AS year, sum(recent) AS recent, sum(earlier) AS earlier,
    sum(CASE WHEN date >= span.month THEN amount END) AS month
  FROM sold_in_year, span
)
SELECT
  (SELECT count(DISTINCT dossier) FROM mine WHERE state NOT IN ('suspended', 'past', 'merged')) AS customers,
  (SELECT count(*) FROM customer AS c, span
   WHERE c.obtained_at_on BETWEEN span.month AND :as_of AND c.id IN (SELECT dossier FROM mine)) AS new_customers,
  (SELECT month FROM sales) AS sales_month,
  (SELECT year FROM sales) AS sales_year,
  (SELECT 100.0 * (recent - earlier) / nullif(earlier, 0) FROM sales) AS change,
  CASE WHEN 'visit' NOT IN (SELECT kind FROM shut) THEN
    (SELECT count(*) FROM visit AS v, span WHERE v.state = 'done' AND v."on" BETWEEN span.month AND :as_of
       AND (:department IS NULL OR v.department = :department)) END AS visits_month,
  CASE WHEN 'visit' NOT IN (SELECT kind FROM shut) THEN
    (SELECT count(*) FROM visit AS v WHERE v.state = 'planned' AND v."on" >= :as_of
       AND (:department IS NULL OR v.department = :department)) END AS visits_planned,
  (SELECT count(*) FROM due WHERE late
     AND (:department IS NULL OR department = :department
       OR department IS NULL AND dossier IN (SELECT dossier FROM mine))) AS overdue,
  CASE WHEN 'complaint' NOT IN (SELECT kind FROM shut) THEN
    (SELECT count(*) FROM complaint AS k WHERE k.state <> 'closed'
       AND (:department IS NULL OR k.department = :department)) END AS open_complaints,
  CASE WHEN 'blacklist_entry' NOT IN (SELECT kind FROM shut) THEN
    (SELECT count(DISTINCT b.customer) FROM blacklist_entry AS b
     WHERE b.state = 'in_force' AND (b.valid_to IS NULL OR b.valid_to >= :as_of)
       AND (:department IS NULL OR b.level = 'company' OR b.of_department = :department)) END AS blacklisted
