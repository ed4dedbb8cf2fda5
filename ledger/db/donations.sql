-- name: find_pieces
SELECT d.id, d.item FROM donation AS d
WHERE d.programme = $1 AND d.journal_id = ANY($2::text []);

-- name: read_donations
-- The id is the transaction's but for its first letters, so the journal's key finds it.
SELECT
    d.id, d.journal_id, d.outlet, d.item, d.quantity, d.donor, d.rule, d.choices, d.note, d.inspected_by,
    d.received_at, d.happened_on, is_undone(d.programme, d.journal_id) AS is_undone
FROM donation AS d
WHERE
    d.programme = $1 AND ($2::text IS NULL OR d.journal_id = $2)
    AND ($3::text IS NULL OR d.item = $3) AND d.journal_id > $4
ORDER BY d.journal_id
LIMIT $5;
