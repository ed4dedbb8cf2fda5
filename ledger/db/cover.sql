-- name: points_outstanding
-- What people and shops hold, and what shops may claim; what is owed to the programme is not set against it.
SELECT
    coalesce(total_of(total) FILTER (WHERE purse IN ('main', 'pending', 'held')), 0) AS outstanding,
    coalesce(total_of(total) FILTER (WHERE purse = 'claims'), 0) AS claims
FROM balance
WHERE programme = $1 AND unit IN ('points', 'gift') AND purse IN ('main', 'pending', 'held', 'claims');

-- name: pieces_in_stock
-- Also what is reserved: it stands against points that are held.
SELECT substr(unit, 6) AS item, total_of(total) AS pieces FROM balance
WHERE programme = $1 AND purse IN ('stock', 'reserved') AND unit LIKE 'item:%' AND total > 0
GROUP BY unit;

-- name: fund_fen
SELECT coalesce(total_of(total), 0) FROM balance
WHERE programme = $1 AND owner = 'programme' AND purse = 'fund' AND unit = 'cash';

-- name: issued_by_rules
SELECT coalesce(-total_of(e.amount), 0) FROM journal AS j
INNER JOIN entry AS e ON e.programme = j.programme AND e.journal_id = j.id
WHERE
    j.programme = $1 AND j.kind IN ('award', 'donate') AND j.refusal IS NULL AND j.effective_on BETWEEN $3 AND $4
    AND j.about ->> 'rule' = ANY($2::text []) AND e.unit = 'points' AND e.purse LIKE 'issued:%';

-- name: budgets_used
SELECT counter, used FROM counter
WHERE programme = $1 AND subject = 'programme' AND counter = ANY($2::text []) AND period = ANY($3::text []);
