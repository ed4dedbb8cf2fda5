-- name: insert_series
INSERT INTO voucher_series (programme, id, name, points, count, valid_until, issued_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (programme, id) DO NOTHING
RETURNING id;

-- name: insert_vouchers
INSERT INTO voucher (programme, series, number)
SELECT $1, $2, n.number FROM generate_series(1, $3::integer) AS n (number);

-- name: read_series
SELECT id, name, points, count, valid_until, printings, issued_by, issued_at, activated_at
FROM voucher_series
WHERE programme = $1 AND ($2::text IS NULL OR id = $2) AND ($3::text IS NULL OR name = $3) AND id > $4
ORDER BY id
LIMIT $5;

-- name: lock_series
SELECT id FROM voucher_series
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: print_vouchers
UPDATE voucher AS v SET check_hash = w.check_hash
FROM unnest($3::integer [], $4::bytea []) AS w (number, check_hash)
WHERE v.programme = $1 AND v.series = $2 AND v.number = w.number;

-- name: count_printing
UPDATE voucher_series SET printings = printings + 1
WHERE programme = $1 AND id = $2;

-- name: activate_series
UPDATE voucher_series SET activated_by = $3, activated_at = clock_timestamp()
WHERE programme = $1 AND id = $2 AND activated_at IS NULL;

-- name: lock_vouchers
-- In the order of their numbers, so that two lists of the same vouchers queue instead of deadlocking.
SELECT number, check_hash, state, owner, journal_id, ended_at, ended_for FROM voucher
WHERE programme = $1 AND series = $2 AND number = ANY($3::integer [])
ORDER BY number
FOR NO KEY UPDATE;

-- name: read_vouchers
SELECT number, check_hash, state, owner, journal_id, ended_at, ended_for FROM voucher
WHERE programme = $1 AND series = $2 AND number > $3 AND ($4::text IS NULL OR state = $4)
ORDER BY number
LIMIT $5;

-- name: mark_redeemed
UPDATE voucher
SET state = 'redeemed', owner = $4, journal_id = $5, ended_by = $6, ended_at = clock_timestamp()
WHERE programme = $1 AND series = $2 AND number = $3;

-- name: void_vouchers
UPDATE voucher SET state = 'void', ended_by = $4, ended_at = clock_timestamp(), ended_for = $5
WHERE programme = $1 AND series = $2 AND number = ANY($3::integer []) AND state = 'issued';

-- name: reconcile_series
-- The paper's side, and what the ledger posted for it: each redeemed voucher has one transaction of its own.
SELECT
    count(*) FILTER (WHERE v.state = 'redeemed') AS redeemed,
    count(*) FILTER (WHERE v.state = 'void') AS void,
    count(*) FILTER (WHERE v.state = 'issued') AS outstanding,
    count(DISTINCT v.journal_id) AS transactions,
    coalesce(total_of(e.posted), 0) AS posted_points
FROM voucher AS v
LEFT JOIN LATERAL (
    SELECT -total_of(x.amount) AS posted FROM entry AS x
    WHERE x.journal_id = v.journal_id AND x.programme = v.programme AND x.purse = 'issued:vouchers'
) AS e ON TRUE
WHERE v.programme = $1 AND v.series = $2;
