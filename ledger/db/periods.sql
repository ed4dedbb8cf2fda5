-- name: stop_posting
-- Alone, where posting shares: the same lock as in lock_needs.
SELECT pg_advisory_xact_lock(5010, hashtext($1));

-- name: read_clock
SELECT now_at();

-- name: closed_through
SELECT closed_through FROM closed_period
WHERE programme = $1
ORDER BY closed_through DESC LIMIT 1;

-- name: list_closed
SELECT closed_through, closed_by, closed_at FROM closed_period
WHERE programme = $1 AND closed_through < $2
ORDER BY closed_through DESC
LIMIT $3;

-- name: insert_closed
INSERT INTO closed_period (programme, closed_through, closed_by, closed_at) VALUES ($1, $2, $3, $4);
