-- name: insert_key
INSERT INTO api_key (id, secret_hash, role, principal, node, programme, owner, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: find_key
SELECT id, secret_hash, role, principal, node, programme, owner
FROM api_key
WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp());

-- name: revoke_key
UPDATE api_key SET revoked_at = clock_timestamp()
WHERE id = $1 AND revoked_at IS NULL;
