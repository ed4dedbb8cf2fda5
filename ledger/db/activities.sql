-- name: insert_activity
INSERT INTO activity (programme, id, rule, recipient, facts, recorded_by)
VALUES ($1, $2, $3, $4, $5::json, $6)
ON CONFLICT (programme, id) DO NOTHING;

-- name: find_activity
SELECT id, rule, recipient, facts, recorded_by, recorded_at, state, journal_id
FROM activity
WHERE programme = $1 AND id = $2;

-- name: lock_activity
-- Before any key or balance, as the lock order says.
SELECT id, rule, recipient, facts, recorded_by, recorded_at, state, journal_id
FROM activity
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: mark_awarded
UPDATE activity SET state = 'awarded', journal_id = $3
WHERE programme = $1 AND id = $2;
