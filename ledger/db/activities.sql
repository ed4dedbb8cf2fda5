-- name: insert_activity
INSERT INTO activity (programme, id, rule, recipient, facts, recorded_by, started_at, ended_at)
VALUES ($1, $2, $3, $4, $5::json, $6, $7, $8)
ON CONFLICT (programme, id) DO NOTHING;

-- name: find_activity
-- Also what was reversed at another door is revoked.
SELECT
    id, rule, recipient, facts, recorded_by, recorded_at, round, started_at, ended_at, journal_id,
    CASE WHEN state = 'awarded' AND is_undone(programme, journal_id) THEN 'revoked' ELSE state END AS state
FROM activity
WHERE programme = $1 AND id = $2;

-- name: lock_activity
-- Before any key or balance, as the lock order says.
SELECT
    id, rule, recipient, facts, recorded_by, recorded_at, round, started_at, ended_at, journal_id,
    CASE WHEN state = 'awarded' AND is_undone(programme, journal_id) THEN 'revoked' ELSE state END AS state
FROM activity
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: list_activities
SELECT id, rule, recipient, facts, recorded_by, recorded_at, round, started_at, ended_at, journal_id, state
FROM activity
WHERE
    programme = $1 AND state = $2 AND id > $3
    AND ($5::text IS NULL OR recipient IN (
        SELECT o.id FROM owner AS o
        LEFT JOIN owner AS h ON h.programme = o.programme AND h.id = o.household
        WHERE o.programme = $1 AND coalesce(o.area, h.area) = $5
    ))
ORDER BY id
LIMIT $4;

-- name: mark_awarded
UPDATE activity SET state = 'awarded', journal_id = $3
WHERE programme = $1 AND id = $2;

-- name: move_activity
UPDATE activity SET state = $3, round = $4
WHERE programme = $1 AND id = $2;
