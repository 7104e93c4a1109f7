SELECT
  host,
  count(*) AS receptions,
  sum(before_plan IS NOT NULL) AS planned,
  sum(after_summary IS NOT NULL) AS summed_up,
  sum(state = 'followed_up') AS followed_up,
  sum(state <> 'followed_up' AND after_due_on < :as_of) AS late,
  100.0 * sum(state = 'followed_up') / count(*) AS followed_share
FROM reception
WHERE state <> 'cancelled' AND "on" BETWEEN :from AND :to AND (:department IS NULL OR department = :department)
GROUP BY host
ORDER BY receptions DESC, host
