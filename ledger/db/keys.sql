-- name: insert_key
INSERT INTO api_key (id, secret_hash, role, principal, node, programme, owner, expires_at, title, made_by, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: shorten_key
-- A key never gets longer than it was.
UPDATE api_key SET expires_at = least(expires_at, clock_timestamp() + make_interval(secs => $2))
WHERE id = $1 AND revoked_at IS NULL;

-- name: mark_used
UPDATE api_key SET used_at = clock_timestamp()
WHERE id = ANY($1::text []);

-- name: load_key
SELECT
    k.id, k.title, k.role, k.principal, k.node, k.programme, k.owner, k.made_by, k.replaces,
    k.created_at, k.expires_at, k.used_at, k.revoked_at
FROM api_key AS k
WHERE k.id = $1;

-- name: list_keys
WITH RECURSIVE below AS (
    SELECT n.id, 1 AS depth FROM node AS n
    WHERE n.id = $1
    UNION ALL
    SELECT n.id, below.depth + 1
    FROM below
    INNER JOIN node AS n ON n.parent = below.id
    WHERE below.depth < 32
)

SELECT
    k.id, k.title, k.role, k.principal, k.node, k.programme, k.owner, k.made_by, k.replaces,
    k.created_at, k.expires_at, k.used_at, k.revoked_at
FROM api_key AS k
WHERE k.node IN (SELECT b.id FROM below AS b) AND ($2::text IS NULL OR k.programme = $2) AND k.id > $3
ORDER BY k.id
LIMIT $4;

-- name: find_key
SELECT id, secret_hash, role, principal, node, programme, owner
FROM api_key
WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp());

-- name: revoke_key
UPDATE api_key SET revoked_at = clock_timestamp()
WHERE id = $1 AND revoked_at IS NULL;
