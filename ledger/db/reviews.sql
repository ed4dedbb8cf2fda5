-- name: declare_reviewer
INSERT INTO reviewer (programme, principal, member, capacities, kin, declared_by)
VALUES ($1, $2, $3, $4::text [], $5::text [], $6)
ON CONFLICT (programme, principal) DO UPDATE SET
    member = excluded.member, capacities = excluded.capacities, kin = excluded.kin,
    declared_by = excluded.declared_by, declared_at = clock_timestamp();

-- name: find_reviewer
SELECT r.principal, r.member, r.capacities, r.kin, o.household
FROM reviewer AS r
LEFT JOIN owner AS o ON o.programme = r.programme AND o.id = r.member
WHERE r.programme = $1 AND r.principal = $2;

-- name: list_reviewers
SELECT r.principal, r.member, r.capacities, r.kin, o.household
FROM reviewer AS r
LEFT JOIN owner AS o ON o.programme = r.programme AND o.id = r.member
WHERE r.programme = $1 AND r.principal > $2
ORDER BY r.principal
LIMIT $3;

-- name: insert_step
INSERT INTO review_step (
    programme, activity, number, round, deed, done_by, key, capacity, note, state, approvals, needed, journal_id
)
SELECT
    $1, $2, coalesce(max(s.number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
FROM review_step AS s
WHERE s.programme = $1 AND s.activity = $2
RETURNING
    activity, number, round, deed, done_by, key, capacity, note, state, approvals, needed, journal_id, done_at;

-- name: find_step_by_key
SELECT
    activity, number, round, deed, done_by, key, capacity, note, state, approvals, needed, journal_id, done_at
FROM review_step
WHERE programme = $1 AND done_by = $2 AND key = $3;

-- name: list_steps
SELECT
    activity, number, round, deed, done_by, key, capacity, note, state, approvals, needed, journal_id, done_at
FROM review_step
WHERE programme = $1 AND activity = $2
ORDER BY number
LIMIT 200;
