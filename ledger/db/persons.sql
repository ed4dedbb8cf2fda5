-- name: lock_balances
-- In the order in which posting locks purses, so that a sale at the same time comes before or is refused.
SELECT purse, total FROM balance
WHERE programme = $1 AND owner = $2
ORDER BY owner, purse, unit
FOR UPDATE;

-- name: find_erasure
SELECT owner, erased_by, erased_at FROM erasure
WHERE programme = $1 AND owner = $2;

-- name: erase_person
SELECT erase_person($1, $2, $3);

-- name: list_removed
SELECT id, sha256, is_shown_elsewhere(programme, sha256) AS is_shared FROM evidence
WHERE programme = $1 AND removed_at IS NOT NULL AND NOT is_gone
ORDER BY id
LIMIT 500;

-- name: mark_gone
UPDATE evidence SET is_gone = TRUE
WHERE programme = $1 AND id = ANY($2::text []);

-- name: cards_of
SELECT
    c.id AS card, c.owner, c.carrier, c.state, c.number, c.issued_at, c.blocked_at,
    c.blocked_for
FROM card AS c
WHERE c.programme = $1 AND $2 IN (c.owner, c.member)
ORDER BY c.id DESC
LIMIT $3;

-- name: activities_of
SELECT id AS activity, rule, state, recorded_by, recorded_at, facts FROM activity
WHERE programme = $1 AND recipient = $2
ORDER BY id DESC
LIMIT $3;

-- name: evidence_of
SELECT e.id AS evidence, e.activity, e.media_type, e.sent_at, e.taken_at, e.latitude, e.longitude, e.removed_at
FROM evidence AS e
INNER JOIN activity AS a ON a.programme = e.programme AND a.id = e.activity
WHERE e.programme = $1 AND a.recipient = $2
ORDER BY e.id DESC
LIMIT $3;

-- name: lines_of
SELECT
    e.journal_id AS transaction, j.kind, e.purse, e.unit, e.amount, e.balance_after AS balance, j.recorded_at,
    j.effective_on, j.about ->> 'note' AS note
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE e.programme = $1 AND e.owner = $2
ORDER BY e.journal_id DESC, e.line DESC
LIMIT $3;

-- name: sign_ups_of
SELECT list, signed_at, withdrawn_at, came_at, left_at, outcome FROM sign_up
WHERE programme = $1 AND person = $2
ORDER BY list DESC
LIMIT $3;

-- name: moves_of
SELECT id AS change, kind, household, other, changed_at FROM household_change
WHERE programme = $1 AND members @> ARRAY[$2::text]
ORDER BY id DESC
LIMIT $3;
