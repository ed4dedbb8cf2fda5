-- name: insert_session
INSERT INTO session
(id, secret_hash, staff, staff_role, node, programme, owner, card, device, idle_seconds, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp() + make_interval(secs => $11));

-- name: find_session
-- In force only: neither ended nor idle for too long, its person not blocked, its role not taken away.
SELECT
    s.id,
    s.secret_hash,
    CASE WHEN s.earlier_until > clock_timestamp() THEN s.earlier_hash END AS earlier_hash,
    coalesce(r.role, 'resident') AS role,
    coalesce(s.staff, s.owner) AS principal,
    coalesce(r.node, s.node) AS node,
    coalesce(r.programme, s.programme) AS programme,
    coalesce(r.owner, s.owner) AS owner,
    r.area,
    s.staff,
    s.card,
    extract(EPOCH FROM clock_timestamp() - s.renewed_at)::double precision AS age_seconds
FROM session AS s
LEFT JOIN staff AS p ON p.id = s.staff
LEFT JOIN staff_role AS r ON r.id = s.staff_role
WHERE
    s.id = $1
    AND s.ended_at IS NULL
    AND s.expires_at > clock_timestamp()
    AND s.used_at > clock_timestamp() - make_interval(secs => s.idle_seconds)
    AND (s.staff IS NULL OR (NOT p.is_blocked AND r.ended_at IS NULL));

-- name: renew_session
-- Only by whoever holds the newest secret: of two at once, one renews.
UPDATE session SET
    secret_hash = $3,
    earlier_hash = secret_hash,
    earlier_until = clock_timestamp() + make_interval(secs => $4),
    staff_role = coalesce($5, staff_role),
    renewed_at = clock_timestamp(),
    used_at = clock_timestamp()
WHERE id = $1 AND secret_hash = $2 AND ended_at IS NULL
RETURNING id;

-- name: list_sessions
SELECT s.id, s.device, s.began_at, s.used_at, s.expires_at, s.staff_role, s.card FROM session AS s
WHERE
    (s.staff = $1 OR (s.staff IS NULL AND s.programme = $2 AND s.owner = $1))
    AND s.ended_at IS NULL
    AND s.expires_at > clock_timestamp()
    AND s.used_at > clock_timestamp() - make_interval(secs => s.idle_seconds)
ORDER BY s.id DESC
LIMIT 200;

-- name: end_sessions
UPDATE session SET ended_at = clock_timestamp()
WHERE
    (staff = $1 OR (staff IS NULL AND programme = $2 AND owner = $1))
    AND ended_at IS NULL
    AND ($3::text IS NULL OR id = $3)
    AND ($4::text IS NULL OR id <> $4)
RETURNING id;

-- name: end_sessions_of_card
UPDATE session SET ended_at = clock_timestamp()
WHERE programme = $1 AND card = $2 AND staff IS NULL AND ended_at IS NULL;

-- name: mark_used
UPDATE session SET used_at = clock_timestamp()
WHERE id = ANY($1::text []) AND ended_at IS NULL;

-- name: delete_old_sessions
DELETE FROM session
WHERE expires_at < clock_timestamp() - make_interval(days => $1);
