-- name: list_logs
SELECT p.programme FROM programme AS p
WHERE $1::text IS NULL OR p.programme = $1
ORDER BY p.programme;

-- name: list_checkpoints
SELECT c.size, c.root, c.note, to_char(c.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_at
FROM seal_checkpoint AS c
WHERE c.programme = $1
ORDER BY c.size;

-- name: list_leaves
SELECT l.position, l.journal_id, s.salts FROM seal_leaf AS l
LEFT JOIN seal_salt AS s ON s.programme = l.programme AND s.position = l.position
WHERE l.programme = $1
ORDER BY l.position;

-- name: list_unsealed
SELECT j.id FROM journal AS j
WHERE
    j.programme = $1 AND NOT EXISTS (
        SELECT FROM seal_leaf AS l
        WHERE l.programme = j.programme AND l.journal_id = j.id
    )
ORDER BY j.id;

-- name: list_kept_balances
SELECT
    b.owner, b.purse, b.unit, b.total, b.account_version, b.floor_amount, b.bucket_days, b.bucket_amounts
FROM balance AS b
WHERE b.programme = $1
ORDER BY b.owner, b.purse, b.unit;
