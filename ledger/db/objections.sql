-- name: lock_notice
-- The row that an activation locks too: whoever comes first decides what the other finds.
SELECT due_on, ended_by
FROM open_item
WHERE programme = $1 AND journal_id = $2 AND kind = 'pending'
FOR NO KEY UPDATE;

-- name: hold_notice
UPDATE open_item SET due_on = date '9999-01-01'
WHERE programme = $1 AND journal_id = $2 AND ended_by IS NULL;

-- name: release_notice
UPDATE open_item SET due_on = $3
WHERE
    programme = $1 AND journal_id = $2 AND ended_by IS NULL
    AND NOT EXISTS (
        SELECT FROM objection AS o
        WHERE o.programme = $1 AND o.journal_id = $2 AND o.state = 'open'
    );

-- name: first_due_day
SELECT min(due_on) FROM objection
WHERE programme = $1 AND journal_id = $2;

-- name: insert_objection
INSERT INTO objection (programme, id, journal_id, note, raised_by, due_on)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: read_objections
SELECT
    id, journal_id, note, raised_by, raised_at, due_on, state, decided_by, decided_at, decision_note, cancelled_by
FROM objection
WHERE
    programme = $1 AND ($2::text IS NULL OR id = $2) AND ($3::text IS NULL OR state = $3) AND id > $4
ORDER BY id
LIMIT $5;

-- name: lock_objection
SELECT
    id, journal_id, note, raised_by, raised_at, due_on, state, decided_by, decided_at, decision_note, cancelled_by
FROM objection
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: decide_objection
UPDATE objection
SET state = $3, decided_by = $4, decided_at = clock_timestamp(), decision_note = $5, cancelled_by = $6
WHERE programme = $1 AND id = $2;
