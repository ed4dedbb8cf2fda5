-- name: list_waiting
SELECT DISTINCT o.programme FROM outbox AS o
ORDER BY o.programme;

-- name: take_turn
SELECT pg_try_advisory_xact_lock(5012, hashtext($1));

-- name: take_waiting
-- What is taken comes back if the database transaction does not commit; nothing is ever looked for by its number.
WITH taken AS (
    DELETE FROM outbox AS o
    USING (
        SELECT w.programme, w.journal_id FROM outbox AS w
        WHERE w.programme = $1
        ORDER BY w.journal_id
        LIMIT $2
    ) AS w
    WHERE o.programme = w.programme AND o.journal_id = w.journal_id
    RETURNING o.journal_id
)

SELECT t.journal_id AS id FROM taken AS t
ORDER BY t.journal_id;

-- name: load_lines
SELECT
    j.programme, j.id, j.kind, j.principal,
    to_char(j.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
    j.effective_on, j.happened_on, j.entry_count, j.about, j.refusal, j.trace, j.counts, j.facts, j.batch
FROM journal AS j
WHERE j.programme = $1 AND j.id = ANY($2::text []);

-- name: insert_leaves
INSERT INTO seal_leaf (programme, position, journal_id)
SELECT $1, $2 + w.place - 1, w.journal_id FROM unnest($3::text []) WITH ORDINALITY AS w (journal_id, place);

-- name: insert_salts
INSERT INTO seal_salt (programme, position, salts)
SELECT $1, $2 + w.place - 1, w.salts FROM unnest($3::json []) WITH ORDINALITY AS w (salts, place);

-- name: upsert_tiles
INSERT INTO seal_tile (programme, level, place, digests)
SELECT $1, w.level, w.place, w.digests
FROM unnest($2::integer [], $3::bigint [], $4::bytea []) AS w (level, place, digests)
ON CONFLICT (programme, level, place) DO UPDATE SET digests = excluded.digests;

-- name: load_tiles
SELECT t.level, t.place, t.digests FROM seal_tile AS t
INNER JOIN unnest($2::integer [], $3::bigint []) AS w (level, place) ON t.level = w.level AND t.place = w.place
WHERE t.programme = $1;

-- name: read_clock
SELECT clock_timestamp();

-- name: insert_checkpoint
INSERT INTO seal_checkpoint (programme, size, root, note, sealed_at) VALUES ($1, $2, $3, $4, $5);

-- name: latest_checkpoint
SELECT c.size, c.root, c.note, c.sealed_at FROM seal_checkpoint AS c
WHERE c.programme = $1 AND ($2::bigint IS NULL OR c.size = $2)
ORDER BY c.size DESC
LIMIT 1;

-- name: find_leaf
SELECT l.position FROM seal_leaf AS l
WHERE l.programme = $1 AND l.journal_id = $2;

-- name: find_salts
SELECT s.salts FROM seal_salt AS s
WHERE s.programme = $1 AND s.position = $2;
