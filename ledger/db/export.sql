-- name: list_units
SELECT u.programme, u.unit, u.scale FROM unit AS u
WHERE $1::text IS NULL OR u.programme = $1
ORDER BY u.programme, u.unit;

-- name: list_balances
SELECT b.programme, b.owner, b.purse, b.unit, b.total FROM balance AS b
WHERE b.account_version > 0 AND ($1::text IS NULL OR b.programme = $1)
ORDER BY b.programme, b.owner, b.purse, b.unit;

-- name: list_days
SELECT min(j.effective_on) AS first_day, max(j.effective_on) AS last_day FROM journal AS j
WHERE j.refusal IS NULL AND ($1::text IS NULL OR j.programme = $1);

-- name: list_posted
SELECT
    j.programme, j.id, j.kind, j.principal, j.recorded_at, j.effective_on, j.happened_on,
    j.about ->> 'rule' AS rule, j.about ->> 'activity' AS activity,
    j.about ->> 'reverses' AS reverses, j.about ->> 'follows' AS follows
FROM journal AS j
WHERE j.refusal IS NULL AND ($1::text IS NULL OR j.programme = $1)
ORDER BY j.programme, j.id;

-- name: load_legs
SELECT
    e.journal_id, e.line, e.owner, e.purse, e.unit, e.amount, e.expires_on, e.account_version, e.balance_after
FROM entry AS e
WHERE e.programme = $1 AND e.journal_id = ANY($2::text [])
ORDER BY e.journal_id, e.line;
