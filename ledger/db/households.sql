-- name: lock_households
-- In the order of their ids, so that two merges of the same households queue instead of deadlocking.
SELECT id, kind FROM owner
WHERE programme = $1 AND id = ANY($2::text [])
ORDER BY id
FOR NO KEY UPDATE;

-- name: members_of
SELECT o.id, o.traits, p.name
FROM owner AS o
LEFT JOIN person AS p ON p.programme = o.programme AND p.owner = o.id
WHERE o.programme = $1 AND o.household = $2 AND o.id > $3
ORDER BY o.id
LIMIT $4;

-- name: counters_of
SELECT counter, period FROM counter
WHERE programme = $1 AND subject = $2 AND used > 0
ORDER BY counter, period;

-- name: units_of
SELECT DISTINCT unit FROM balance
WHERE programme = $1 AND owner = $2
ORDER BY unit;

-- name: is_empty
SELECT NOT EXISTS (
    SELECT FROM balance
    WHERE programme = $1 AND owner = $2 AND total <> 0
);

-- name: move_members
UPDATE owner SET household = $3
WHERE programme = $1 AND id = ANY($2::text []);

-- name: close_accounts
UPDATE account SET is_closed = TRUE
WHERE programme = $1 AND owner = $2;

-- name: insert_change
INSERT INTO household_change (programme, id, kind, household, other, members, journal_id, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: find_change
SELECT id, kind, household, other, members, journal_id, changed_by, changed_at FROM household_change
WHERE programme = $1 AND id = $2;

-- name: changes_of
SELECT id, kind, household, other, members, journal_id, changed_by, changed_at FROM household_change
WHERE programme = $1 AND (household = $2 OR other = $2) AND id > $3
ORDER BY id
LIMIT $4;

-- name: merged_into
SELECT other FROM household_change
WHERE programme = $1 AND household = $2 AND kind = 'merge';
