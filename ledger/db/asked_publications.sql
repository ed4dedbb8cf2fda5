-- name: insert_asked
INSERT INTO asked_publication (programme, id, kind, digest, body, numbers, asked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: find_waiting
SELECT id FROM asked_publication
WHERE programme = $1 AND kind = $2 AND digest = $3 AND state = 'waiting';

-- name: read_asked
SELECT id, kind, digest, body, numbers, asked_by, asked_at, state, decided_by, decided_at, version
FROM asked_publication
WHERE programme = $1 AND ($2::text IS NULL OR id = $2) AND ($2 IS NOT NULL OR state = 'waiting') AND id > $3
ORDER BY id
LIMIT $4;

-- name: lock_asked
SELECT id FROM asked_publication
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: decide_asked
UPDATE asked_publication SET state = $3, decided_by = $4, decided_at = clock_timestamp(), version = $5
WHERE programme = $1 AND id = $2;
