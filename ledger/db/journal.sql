-- name: show_programmes
SELECT set_config('ledger.programmes', $1, TRUE);

-- name: lock_needs
SELECT lock_needs($1::text [], $2::bigint [], $3::json, $4::json, $5::json, $6::json, $7::json);

-- name: append_decided
SELECT append_decided($1::json, $2::json, $3::json, $4::json, $5::json, $6::json, $7::json, $8::json);

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
SELECT about, trace FROM journal WHERE programme = $1 AND id = $2;

-- name: is_claimed
SELECT exists(SELECT FROM idempotency_key WHERE programme = $1 AND principal = $2 AND key = $3);

-- name: claimed_keys
SELECT key FROM idempotency_key WHERE programme = $1 AND principal = $2 AND key = ANY($3::text []);

-- name: find_claim
SELECT journal_id FROM idempotency_key WHERE programme = $1 AND principal = $2 AND key = $3;
