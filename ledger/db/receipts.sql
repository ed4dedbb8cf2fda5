-- name: find_numbered
SELECT journal_id FROM receipt
WHERE programme = $1 AND outlet = $2 AND number = $3;

-- name: list_receipts
-- Newest first, below a number; of one shift or of all.
SELECT r.number, r.journal_id, r.shift, j.kind, j.recorded_at
FROM receipt AS r
INNER JOIN journal AS j ON j.programme = r.programme AND j.id = r.journal_id
WHERE r.programme = $1 AND r.outlet = $2 AND r.number < $3 AND ($4::text IS NULL OR r.shift = $4)
ORDER BY r.number DESC
LIMIT $5;

-- name: next_to_lapse
-- Of an account as it stood at a version: what lapses first on a day or after it.
SELECT e.expires_on, total_of(e.amount) AS amount
FROM entry AS e
WHERE
    e.programme = $1 AND e.owner = $2 AND e.purse = 'main' AND e.unit = 'points' AND e.account_version <= $3
    AND e.expires_on >= $4 AND e.expires_on < '9999-01-01'
GROUP BY e.expires_on
HAVING total_of(e.amount) > 0
ORDER BY e.expires_on
LIMIT 1;
