-- name: insert_code
INSERT INTO shop_code (programme, code, id, merchant, lines, shown_by, shown_at, lapses_at)
VALUES ($1, $2, $3, $4, $5, $6, now_at(), now_at() + make_interval(secs => $7))
ON CONFLICT DO NOTHING;

-- name: find_shown
SELECT code, merchant, lines, shown_by, lapses_at, lapses_at < now_at() AS is_lapsed, owner, journal_id
FROM shop_code
WHERE programme = $1 AND id = $2;

-- name: find_code
SELECT code, merchant, lines, shown_by, lapses_at, lapses_at < now_at() AS is_lapsed, owner, journal_id
FROM shop_code
WHERE programme = $1 AND code = $2;

-- name: lock_code
SELECT code FROM shop_code
WHERE programme = $1 AND code = $2
FOR NO KEY UPDATE;

-- name: confirm_code
UPDATE shop_code SET owner = $3, journal_id = $4
WHERE programme = $1 AND code = $2;
