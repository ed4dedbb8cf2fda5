-- name: show_programmes
SELECT set_config('ledger.programmes', $1, TRUE);

-- name: lock_needs
SELECT
    stale, now, closed_through, held_numbers, held_fingerprints, held_journals, used, counter_places, totals, versions,
    bucket_days, bucket_amounts, are_closed, balance_places, kinds, due_on, ended_by, ended_kinds, ended_on
FROM lock_needs($1, $2, $3, $4, $5, $6, $7);

-- name: lock_terminals
-- Opens their programmes first, beside what is open already.
WITH opened AS MATERIALIZED (
    SELECT
        set_config(
            'ledger.programmes',
            concat_ws(',', nullif(current_setting('ledger.programmes', TRUE), ''), array_to_string($1::text [], ',')),
            TRUE
        ) AS told
)

SELECT l.outlets, l.states, l.shifts
FROM opened AS o
CROSS JOIN LATERAL lock_terminals(CASE WHEN o.told IS NOT NULL THEN $1::text [] END, $2::text []) AS l;

-- name: append_decided
SELECT totals, versions, numbers FROM append_decided($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: load_journal
SELECT id, kind, principal, recorded_at, effective_on, happened_on, about, refusal, trace, counts
FROM journal
WHERE programme = $1 AND id = ANY($2::text []);

-- name: load_entries
SELECT journal_id, owner, purse, unit, amount, expires_on, account_version, balance_after
FROM entry
WHERE programme = $1 AND journal_id = ANY($2::text [])
ORDER BY journal_id, line;

-- name: find_trace
SELECT about, trace FROM journal
WHERE programme = $1 AND id = $2;

-- name: is_claimed
SELECT exists(
    SELECT FROM idempotency_key
    WHERE programme = $1 AND principal = $2 AND key = $3
);

-- name: claimed_keys
SELECT key FROM idempotency_key
WHERE programme = $1 AND principal = $2 AND key = ANY($3::text []);

-- name: find_claim
SELECT journal_id, fingerprint FROM idempotency_key
WHERE programme = $1 AND principal = $2 AND key = $3;
