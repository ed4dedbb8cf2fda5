-- name: list_waiting
SELECT DISTINCT o.programme FROM audit_outbox AS o
ORDER BY o.programme;

-- name: take_turn
SELECT pg_try_advisory_xact_lock(5013, hashtext($1));

-- name: take_waiting
-- What is taken comes back if the database transaction does not commit.
WITH taken AS (
    DELETE FROM audit_outbox AS o
    USING (
        SELECT w.programme, w.event FROM audit_outbox AS w
        WHERE w.programme = $1
        ORDER BY w.event
        LIMIT $2
    ) AS w
    WHERE o.programme = w.programme AND o.event = w.event
    RETURNING o.event
)

SELECT t.event AS id FROM taken AS t
ORDER BY t.event;

-- name: load_lines
SELECT
    e.programme, e.id, to_char(e.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS happened_at,
    e.node, e.principal, e.key, e.address, e.verb, e.about, e.status, e.code, e.answers, r.reason
FROM audit_event AS e
LEFT JOIN audit_reason AS r ON r.programme = e.programme AND r.event = e.id
WHERE e.programme = $1 AND e.id = ANY($2::text []);

-- name: insert_leaves
INSERT INTO audit_leaf (programme, position, event)
SELECT $1, $2 + w.place - 1, w.event FROM unnest($3::text []) WITH ORDINALITY AS w (event, place);

-- name: insert_salts
INSERT INTO audit_salt (programme, position, salts)
SELECT $1, $2 + w.place - 1, w.salts FROM unnest($3::json []) WITH ORDINALITY AS w (salts, place);

-- name: upsert_tiles
INSERT INTO audit_tile (programme, level, place, digests)
SELECT $1, w.level, w.place, w.digests
FROM unnest($2::integer [], $3::bigint [], $4::bytea []) AS w (level, place, digests)
ON CONFLICT (programme, level, place) DO UPDATE SET digests = excluded.digests;

-- name: load_tiles
SELECT t.level, t.place, t.digests FROM audit_tile AS t
INNER JOIN unnest($2::integer [], $3::bigint []) AS w (level, place) ON t.level = w.level AND t.place = w.place
WHERE t.programme = $1;

-- name: insert_checkpoint
INSERT INTO audit_checkpoint (programme, size, root, note, sealed_at) VALUES ($1, $2, $3, $4, $5);

-- name: latest_checkpoint
SELECT c.size, c.root, c.note, c.sealed_at FROM audit_checkpoint AS c
WHERE c.programme = $1 AND ($2::bigint IS NULL OR c.size = $2)
ORDER BY c.size DESC
LIMIT 1;

-- name: find_leaf
SELECT l.position FROM audit_leaf AS l
WHERE l.programme = $1 AND l.event = $2;

-- name: find_salts
SELECT s.salts FROM audit_salt AS s
WHERE s.programme = $1 AND s.position = $2;
