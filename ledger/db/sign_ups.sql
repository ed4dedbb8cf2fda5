-- name: insert_list
INSERT INTO sign_up_list (programme, id, rule, title, starts_at, ends_at, capacity, opened_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (programme, id) DO NOTHING;

-- name: find_list
SELECT id, rule, title, starts_at, ends_at, capacity, state, opened_by, opened_at
FROM sign_up_list
WHERE programme = $1 AND id = $2;

-- name: lock_list
-- Places are counted under this lock.
SELECT id, rule, title, starts_at, ends_at, capacity, state, opened_by, opened_at
FROM sign_up_list
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: list_lists
SELECT id, rule, title, starts_at, ends_at, capacity, state, opened_by, opened_at
FROM sign_up_list
WHERE programme = $1 AND id > $2
ORDER BY id
LIMIT $3;

-- name: count_places
SELECT count(*) FROM sign_up
WHERE
    programme = $1 AND list = $2
    AND ((signed_at IS NOT NULL AND withdrawn_at IS NULL) OR came_at IS NOT NULL);

-- name: sign_up
INSERT INTO sign_up (programme, list, person, signed_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (programme, list, person) DO UPDATE SET signed_at = clock_timestamp(), withdrawn_at = NULL;

-- name: withdraw
UPDATE sign_up SET withdrawn_at = clock_timestamp()
WHERE programme = $1 AND list = $2 AND person = $3 AND withdrawn_at IS NULL;

-- name: mark_presence
-- Also who came without having signed up.
INSERT INTO sign_up (programme, list, person, came_at, left_at, marked_by)
SELECT $1, $2, w.person, w.came_at, w.left_at, $3
FROM unnest($4::text [], $5::timestamptz [], $6::timestamptz []) AS w (person, came_at, left_at)
ON CONFLICT (programme, list, person) DO UPDATE SET
    came_at = excluded.came_at, left_at = excluded.left_at, marked_by = excluded.marked_by;

-- name: read_sign_ups
SELECT
    s.person, o.household, p.name, s.signed_at, s.withdrawn_at, s.came_at, s.left_at, s.marked_by, s.outcome, s.reason,
    s.journal_id
FROM sign_up AS s
INNER JOIN owner AS o ON o.programme = s.programme AND o.id = s.person
LEFT JOIN person AS p ON p.programme = s.programme AND p.owner = s.person
WHERE s.programme = $1 AND s.list = $2
ORDER BY s.person
LIMIT 2000;

-- name: end_sign_ups
UPDATE sign_up AS s SET outcome = w.outcome, reason = w.reason, journal_id = w.journal_id
FROM
    unnest($3::text [], $4::text [], $5::text [], $6::text [])
        AS w (person, outcome, reason, journal_id)
WHERE s.programme = $1 AND s.list = $2 AND s.person = w.person;

-- name: move_list
UPDATE sign_up_list SET state = $3
WHERE programme = $1 AND id = $2;
