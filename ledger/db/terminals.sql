-- name: insert_terminal
INSERT INTO terminal (programme, id, outlet, label, offline_sale_max, offline_day_max, registered_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- name: find_terminal
SELECT id, outlet, label, offline_sale_max, offline_day_max, state, registered_by, registered_at
FROM terminal
WHERE programme = $1 AND id = $2;

-- name: list_terminals
SELECT id, outlet, label, offline_sale_max, offline_day_max, state, registered_by, registered_at
FROM terminal
WHERE programme = $1 AND ($2::text IS NULL OR outlet = $2) AND id > $3
ORDER BY id
LIMIT $4;

-- name: take_terminal
SELECT take_terminal($1, $2);

-- name: set_state
UPDATE terminal SET state = $3
WHERE programme = $1 AND id = $2;

-- name: count_sequences
-- The numbers that a terminal has used for sales while offline, by the keys that they claimed.
SELECT
    count(*) AS received,
    coalesce(max(substr(k.key, 11)::bigint), 0) AS last_sequence
FROM idempotency_key AS k
WHERE k.programme = $1 AND k.principal = $2 AND k.key >= 'late sale ' AND k.key < 'late sale!';

-- name: find_gaps
SELECT s.before + 1 AS first_missing, s.sequence - 1 AS last_missing
FROM (
    SELECT k.sequence, lag(k.sequence, 1, 0::bigint) OVER (ORDER BY k.sequence) AS before
    FROM (
        SELECT substr(k.key, 11)::bigint AS sequence FROM idempotency_key AS k
        WHERE k.programme = $1 AND k.principal = $2 AND k.key >= 'late sale ' AND k.key < 'late sale!'
    ) AS k
) AS s
WHERE s.sequence > s.before + 1
ORDER BY s.sequence
LIMIT $3;

-- name: insert_forks
INSERT INTO late_fork (programme, terminal, sequence, fingerprint, content)
SELECT $1, $2, w.sequence, w.fingerprint, w.content
FROM unnest($3::bigint [], $4::text [], $5::json []) AS w (sequence, fingerprint, content)
ON CONFLICT DO NOTHING;

-- name: list_forks
SELECT terminal, sequence, fingerprint, content, found_at
FROM late_fork
WHERE programme = $1 AND (terminal, sequence, fingerprint) > ($2, $3, $4)
ORDER BY terminal, sequence, fingerprint
LIMIT $5;

-- name: list_late_sales
-- `short`: something was missing, in points or on the shelf; `refused`: beyond a bound.
SELECT
    j.id, j.principal, j.recorded_at, j.happened_on, j.about, j.refusal,
    (
        SELECT json_object_agg(e.unit, -e.amount) FROM entry AS e
        WHERE e.journal_id = j.id AND e.owner = 'programme' AND e.purse = 'counted'
    ) AS found
FROM journal AS j
WHERE
    j.programme = $1 AND j.kind = 'late_sale' AND j.id > $2
    AND (
        $3 = 'all'
        OR $3 = 'refused' AND j.refusal IS NOT NULL
        OR $3 = 'short' AND j.refusal IS NULL AND (
            j.about ->> 'shortfall' IS NOT NULL
            OR EXISTS (
                SELECT FROM entry AS e
                WHERE e.journal_id = j.id AND e.owner = 'programme' AND e.purse = 'counted'
            )
        )
    )
ORDER BY j.id
LIMIT $4;
