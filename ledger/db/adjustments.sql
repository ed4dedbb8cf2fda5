-- name: insert_adjustment
INSERT INTO adjustment (programme, id, command, effective_on, asked_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- name: read_adjustments
-- Those that wait for a second person, or one by its id, oldest first.
SELECT id, command, effective_on, asked_by, asked_at, state, decided_by, decided_at, journal_id
FROM adjustment
WHERE programme = $1 AND ($2::text IS NULL OR id = $2) AND ($2 IS NOT NULL OR state = 'waiting') AND id > $3
ORDER BY id
LIMIT $4;

-- name: lock_adjustment
SELECT id, command, effective_on, asked_by, asked_at, state, decided_by, decided_at, journal_id
FROM adjustment
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: decide_adjustment
UPDATE adjustment SET state = $3, decided_by = $4, decided_at = clock_timestamp(), journal_id = $5
WHERE programme = $1 AND id = $2;
