-- name: insert_inspection
INSERT INTO inspection (programme, id, rule, title, area, happened_on, opened_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (programme, id) DO NOTHING;

-- name: insert_lines
-- One for each account holder of the kind; a sheet for the whole programme has no area.
INSERT INTO inspection_line (programme, inspection, owner)
SELECT o.programme, $2, o.id
FROM owner AS o
INNER JOIN account AS a ON a.programme = o.programme AND a.owner = o.id AND a.purse = 'main'
WHERE o.programme = $1 AND o.kind = $3 AND ($4::text IS NULL OR o.area = $4) AND NOT a.is_closed;

-- name: find_inspection
SELECT id, rule, title, area, happened_on, state, attempt, opened_by, opened_at, posted_by
FROM inspection
WHERE programme = $1 AND id = $2;

-- name: lock_inspection
SELECT id, rule, title, area, happened_on, state, attempt, opened_by, opened_at, posted_by
FROM inspection
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: share_inspection
-- Chunks work side by side; whoever changes the state waits until they are committed.
SELECT id, rule, title, area, happened_on, state, attempt, opened_by, opened_at, posted_by
FROM inspection
WHERE programme = $1 AND id = $2
FOR SHARE;

-- name: list_inspections
SELECT id, rule, title, area, happened_on, state, attempt, opened_by, opened_at, posted_by
FROM inspection
WHERE programme = $1 AND id > $2
ORDER BY id
LIMIT $3;

-- name: count_lines
SELECT
    count(*) AS lines,
    count(*) FILTER (WHERE l.facts IS NOT NULL) AS filled,
    count(*) FILTER (WHERE l.outcome = 'posted') AS posted,
    count(*) FILTER (WHERE l.outcome = 'refused') AS refused,
    count(*) FILTER (WHERE l.outcome = 'reversed') AS reversed,
    count(*) FILTER (WHERE l.outcome = 'kept') AS kept
FROM inspection_line AS l
WHERE l.programme = $1 AND l.inspection = $2;

-- name: fill_lines
-- By the owner's id or the village's own number; the same line sent again replaces what it said before.
UPDATE inspection_line AS l SET facts = w.facts
FROM json_to_recordset($3::json) AS w (owner text, facts json)
WHERE l.programme = $1 AND l.inspection = $2 AND l.owner = w.owner AND l.outcome IS NULL;

-- name: find_lines
SELECT l.owner, o.reference
FROM inspection_line AS l
INNER JOIN owner AS o ON o.programme = l.programme AND o.id = l.owner
WHERE l.programme = $1 AND l.inspection = $2 AND (l.owner = ANY($3::text []) OR o.reference = ANY($3::text []));

-- name: put_marks
INSERT INTO inspection_mark (programme, inspection, owner, fact, rater, mark)
SELECT $1, $2, w.owner, $3, $4, w.mark FROM unnest($5::text [], $6::integer []) AS w (owner, mark)
ON CONFLICT (programme, inspection, owner, fact, rater) DO UPDATE SET mark = excluded.mark;

-- name: touch_lines
-- A line that has marks has been filled, though nothing else was written down.
UPDATE inspection_line SET facts = '{}'
WHERE programme = $1 AND inspection = $2 AND owner = ANY($3::text []) AND facts IS NULL;

-- name: read_lines
SELECT l.owner, o.reference, o.area, l.facts, l.outcome, l.reason, l.journal_id
FROM inspection_line AS l
INNER JOIN owner AS o ON o.programme = l.programme AND o.id = l.owner
WHERE l.programme = $1 AND l.inspection = $2 AND l.owner > $3
ORDER BY l.owner
LIMIT $4;

-- name: read_marks
-- In the order of the raters, so that the same marks always make the same facts.
SELECT owner, fact, array_agg(mark ORDER BY rater) AS marks
FROM inspection_mark
WHERE programme = $1 AND inspection = $2 AND owner = ANY($3::text [])
GROUP BY owner, fact;

-- name: take_filled
-- What another worker holds just now is left to it.
SELECT owner, facts
FROM inspection_line
WHERE programme = $1 AND inspection = $2 AND facts IS NOT NULL AND outcome IS NULL
ORDER BY owner
LIMIT $3
FOR NO KEY UPDATE SKIP LOCKED;

-- name: take_posted
SELECT owner, journal_id
FROM inspection_line
WHERE programme = $1 AND inspection = $2 AND outcome = 'posted'
ORDER BY owner
LIMIT $3
FOR NO KEY UPDATE SKIP LOCKED;

-- name: end_lines
UPDATE inspection_line AS l SET
    outcome = w.outcome, reason = w.reason, journal_id = coalesce(w.journal_id, l.journal_id)
FROM
    unnest($3::text [], $4::text [], $5::text [], $6::text [])
        AS w (owner, outcome, reason, journal_id)
WHERE l.programme = $1 AND l.inspection = $2 AND l.owner = w.owner;

-- name: move_inspection
UPDATE inspection SET state = $3, posted_by = coalesce(posted_by, $4), attempt = $5
WHERE programme = $1 AND id = $2;

-- name: reopen_refused
UPDATE inspection_line SET outcome = NULL, reason = NULL
WHERE programme = $1 AND inspection = $2 AND outcome = 'refused';

-- name: end_if_done
UPDATE inspection SET state = CASE state WHEN 'posting' THEN 'posted' ELSE 'reversed' END
WHERE
    programme = $1 AND id = $2 AND state IN ('posting', 'reversing')
    AND NOT EXISTS (
        SELECT FROM inspection_line AS l
        WHERE
            l.programme = $1 AND l.inspection = $2
            AND (
                (state = 'posting' AND l.facts IS NOT NULL AND l.outcome IS NULL)
                OR (state = 'reversing' AND l.outcome = 'posted')
            )
    );

-- name: list_at_work
SELECT programme, id FROM inspections_at_work();
