-- name: insert_helper
INSERT INTO helper (programme, id, owner, member, per_day, per_spend, ends_at, appointed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (programme, id) DO NOTHING;

-- name: read_helpers
SELECT id, owner, member, per_day, per_spend, ends_at, appointed_by, appointed_at, ended_by, ended_at
FROM helper
WHERE programme = $1 AND ($2::text IS NULL OR id = $2) AND ($3::text IS NULL OR owner = $3) AND id > $4
ORDER BY id
LIMIT $5;

-- name: find_in_office
SELECT id FROM helper
WHERE programme = $1 AND owner = $2 AND member = $3 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > now_at());

-- name: lock_owner
SELECT id FROM owner
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: end_helpers
-- Of one owner and perhaps one member, those that are still in office.
UPDATE helper SET ended_by = $4, ended_at = clock_timestamp()
WHERE programme = $1 AND owner = $2 AND ($3::text IS NULL OR member = $3) AND ended_at IS NULL;
