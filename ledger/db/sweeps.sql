-- name: due_items
SELECT journal_id, kind
FROM open_item
WHERE programme = $1 AND due_on <= $2 AND ended_by IS NULL AND journal_id > $3
ORDER BY journal_id
LIMIT $4;

-- name: lapsed_balances
SELECT owner, unit
FROM balance
WHERE programme = $1 AND purse = 'main' AND bucket_days[1] < $2 AND (owner, unit) > ($3, $4)
ORDER BY owner, unit
LIMIT $5;
