-- name: insert_cards
INSERT INTO card (programme, id, owner, member, helper, carrier, number, nfc_number, replaces, issued_by)
SELECT $1, w.id, w.owner, w.member, w.helper, w.carrier, w.number, w.nfc_number, w.replaces, $3
FROM
    json_to_recordset($2::json) AS w (
        id text, owner text, member text, helper text, carrier text, number text, nfc_number text, replaces text
    )
ON CONFLICT (programme, id) DO NOTHING;

-- name: read_cards
SELECT
    c.id, c.owner, c.member, c.helper, c.carrier, c.number, c.nfc_number, c.replaces, c.printings, c.state,
    c.issued_by, c.issued_at, c.activated_at, c.blocked_at, c.blocked_for, c.replaced_at, n.id AS replaced_by
FROM card AS c
LEFT JOIN card AS n ON n.programme = c.programme AND n.replaces = c.id
WHERE c.programme = $1 AND ($2::text [] IS NULL OR c.id = ANY($2)) AND ($3::text IS NULL OR c.owner = $3) AND c.id > $4
ORDER BY c.id
LIMIT $5;

-- name: lock_cards
-- In the order of their ids, so that two sheets of the same cards queue instead of deadlocking.
SELECT id FROM card
WHERE programme = $1 AND id = ANY($2::text [])
ORDER BY id
FOR NO KEY UPDATE;

-- name: find_cards
SELECT id FROM card
WHERE programme = $1 AND id = ANY($2::text []);

-- name: numbers_in_use
SELECT number, nfc_number FROM card
WHERE programme = $1 AND state <> 'replaced' AND (number = ANY($2::text []) OR nfc_number = ANY($3::text []));

-- name: find_presented
-- A number goes on from card to card: the one in use comes first, then the newest that was.
SELECT
    c.id, c.owner, c.member, c.carrier, c.state, n.id AS replaced_by, h.id AS helper, h.per_day, h.per_spend,
    coalesce(h.ended_at IS NOT NULL OR h.ends_at <= now_at(), FALSE) AS is_helper_gone
FROM card AS c
LEFT JOIN card AS n ON n.programme = c.programme AND n.replaces = c.id
LEFT JOIN helper AS h ON h.programme = c.programme AND h.id = c.helper
WHERE c.programme = $1 AND c.id = coalesce(
    (
        SELECT x.id FROM card AS x
        WHERE x.programme = $1 AND x.code_hash = $2
    ),
    (
        SELECT x.id FROM card AS x
        WHERE x.programme = $1 AND x.nfc_number = $3
        ORDER BY x.state = 'replaced', x.issued_at DESC, x.id DESC LIMIT 1
    ),
    (
        SELECT x.id FROM card AS x
        WHERE x.programme = $1 AND x.number = $4
        ORDER BY x.state = 'replaced', x.issued_at DESC, x.id DESC LIMIT 1
    )
);

-- name: find_shown_at
-- A card that was shown earlier: of those that have had a number the one that was in use then comes first.
SELECT c.id, c.owner, c.member, c.carrier, h.id AS helper, h.per_day, h.per_spend
FROM card AS c
LEFT JOIN helper AS h ON h.programme = c.programme AND h.id = c.helper
WHERE
    c.programme = $1 AND (c.code_hash = $2 OR c.nfc_number = $3 OR c.number = $4)
ORDER BY
    (c.activated_at IS NULL OR c.activated_at > $5) OR coalesce(c.replaced_at <= $5, FALSE), c.issued_at DESC, c.id DESC
LIMIT 1;

-- name: share_card
-- Whoever blocks it waits until what is paid with it is committed, and whoever pays sees that it was blocked.
SELECT state FROM card
WHERE programme = $1 AND id = $2
FOR SHARE;

-- name: share_cards
-- Of many at once, in the order of their ids. The row that is locked is read as it is then, whoever changed it before.
SELECT
    c.programme, c.id, c.state,
    coalesce(h.ended_at IS NOT NULL OR h.ends_at <= now_at(), FALSE) AS is_helper_gone,
    c.activated_at, c.blocked_at, c.replaced_at, least(h.ended_at, h.ends_at) AS helper_ended_at
FROM card AS c
INNER JOIN unnest($1::text [], $2::text []) AS w (programme, id) ON c.programme = w.programme AND c.id = w.id
LEFT JOIN helper AS h ON h.programme = c.programme AND h.id = c.helper
ORDER BY c.programme, c.id
FOR SHARE OF c;

-- name: print_cards
UPDATE card AS c SET code_hash = w.code_hash, printings = c.printings + 1
FROM unnest($2::text [], $3::bytea []) AS w (id, code_hash)
WHERE c.programme = $1 AND c.id = w.id;

-- name: activate_card
UPDATE card SET state = 'active', activated_by = $3, activated_at = clock_timestamp()
WHERE programme = $1 AND id = $2;

-- name: block_cards
UPDATE card SET state = 'blocked', blocked_by = $3, blocked_at = clock_timestamp(), blocked_for = $4
WHERE programme = $1 AND id = ANY($2::text []) AND state IN ('pending', 'active');

-- name: mark_replaced
UPDATE card SET state = 'replaced', replaced_by = $3, replaced_at = clock_timestamp()
WHERE programme = $1 AND id = $2;
