-- name: declare_source
-- Declared again it keeps its secret, unless it had been withdrawn or a new one is asked for.
INSERT INTO event_source (programme, source, declared_by) VALUES ($1, $2, $3)
ON CONFLICT (programme, source) DO UPDATE
    SET
        version = event_source.version
        + CASE WHEN $4::boolean OR event_source.withdrawn_at IS NOT NULL THEN 1 ELSE 0 END,
        declared_by = excluded.declared_by, declared_at = clock_timestamp(), withdrawn_at = NULL
RETURNING source, version, declared_at, withdrawn_at;

-- name: withdraw_source
UPDATE event_source SET withdrawn_at = coalesce(withdrawn_at, clock_timestamp())
WHERE programme = $1 AND source = $2
RETURNING source, version, declared_at, withdrawn_at;

-- name: lock_source
-- Deliveries of one source are taken one after another, so the same event twice at once is taken once.
SELECT source, version, declared_at, withdrawn_at
FROM event_source
WHERE programme = $1 AND source = $2
FOR NO KEY UPDATE;

-- name: find_source
SELECT source, version, declared_at, withdrawn_at
FROM event_source
WHERE programme = $1 AND source = $2;

-- name: list_sources
SELECT source, version, declared_at, withdrawn_at
FROM event_source
WHERE programme = $1
ORDER BY source
LIMIT 200;

-- name: find_event
SELECT fingerprint, answer FROM foreign_event
WHERE programme = $1 AND source = $2 AND event = $3;

-- name: insert_event
INSERT INTO foreign_event (programme, source, event, fingerprint, answer) VALUES ($1, $2, $3, $4, $5::json);
