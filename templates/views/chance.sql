-- Each offer by its owner and how it ended within the period: won, lost, or open for longer than the policy lets it be.
SELECT o.id, o.dossier, o.department, a.owner, o.subject, o.amount, o.state, o.lost_reason, f.on_day AS begun_on,
  CASE
    WHEN o.state = 'won' AND coalesce(o.agreed_on, o.entered_on) BETWEEN :from AND min(:to, :as_of) THEN 'won'
    WHEN o.state = 'lost' AND o.entered_on BETWEEN :from AND min(:to, :as_of) THEN 'lost'
    WHEN o.state NOT IN ('won', 'lost')
      AND julianday(min(:to, :as_of)) - julianday(f.on_day) > :closing_open_days THEN 'too_long'
  END AS outcome
FROM opportunity AS o
JOIN assignment AS a ON a.dossier = o.dossier AND a.department = o.department
LEFT JOIN first_entry AS f ON f.kind = 'opportunity' AND f.id = o.id
WHERE :department IS NULL OR o.department = :department
