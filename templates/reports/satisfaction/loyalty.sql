WITH bought AS (
  SELECT dossier, count(DISTINCT date) AS days FROM txn
  WHERE date BETWEEN :from AND :to AND coalesce(sample, 0) = 0 AND coalesce(direction, 'sell') <> 'buy'
    AND (:department IS NULL OR department = :department)
  GROUP BY dossier
),
earlier AS (
  SELECT DISTINCT dossier FROM txn
  WHERE date < :from AND coalesce(sample, 0) = 0 AND (:department IS NULL OR department = :department)
)
SELECT
  count(*) AS buyers,
  sum(days > 1) AS again,
  100.0 * sum(days > 1) / count(*) AS again_share,
  (SELECT count(*) FROM earlier) AS before,
  (SELECT count(*) FROM earlier WHERE dossier IN (SELECT dossier FROM bought)) AS stayed,
  100.0 * (SELECT count(*) FROM earlier WHERE dossier IN (SELECT dossier FROM bought))
    / nullif((SELECT count(*) FROM earlier), 0) AS stayed_share
FROM bought
