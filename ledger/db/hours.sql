-- name: lock_persons
-- In the order of their ids: two who count the hours of the same people wait for each other, and do not deadlock.
SELECT id FROM owner
WHERE programme = $1 AND id = ANY($2::text [])
ORDER BY id
FOR NO KEY UPDATE;

-- name: find_counted
-- Hours whose award was taken back are free again.
SELECT w.person, h.started_at, h.ended_at
FROM unnest($2::text [], $3::timestamptz [], $4::timestamptz []) AS w (person, started_at, ended_at)
INNER JOIN service_hour AS h
    ON
        h.programme = $1 AND h.person = w.person
        AND h.started_at < w.ended_at AND h.ended_at > w.started_at
WHERE NOT is_undone(h.programme, h.journal_id)
ORDER BY w.person, h.started_at
LIMIT 1000;

-- name: insert_hours
INSERT INTO service_hour (programme, person, started_at, ended_at, journal_id)
SELECT $1, w.person, w.started_at, w.ended_at, w.journal_id
FROM
    unnest($2::text [], $3::timestamptz [], $4::timestamptz [], $5::text [])
        AS w (person, started_at, ended_at, journal_id);
