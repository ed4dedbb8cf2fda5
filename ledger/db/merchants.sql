-- name: insert_merchants
INSERT INTO merchant (programme, merchant, state, applied_by)
SELECT $1, w.merchant, $3, $4 FROM unnest($2::text []) AS w (merchant)
ON CONFLICT DO NOTHING
RETURNING merchant;

-- name: insert_steps
INSERT INTO merchant_step (programme, merchant, step, state, done_by, note)
SELECT $1, w.merchant, 1 + coalesce(max(s.step), 0), $3, $4, $5
FROM unnest($2::text []) AS w (merchant)
LEFT JOIN merchant_step AS s ON s.programme = $1 AND s.merchant = w.merchant
GROUP BY w.merchant;

-- name: lock_merchant
SELECT merchant, state, applied_by, applied_at FROM merchant
WHERE programme = $1 AND merchant = $2
FOR NO KEY UPDATE;

-- name: find_merchant
SELECT merchant, state, applied_by, applied_at FROM merchant
WHERE programme = $1 AND merchant = $2;

-- name: set_state
UPDATE merchant SET state = $3
WHERE programme = $1 AND merchant = $2;

-- name: list_steps
SELECT state, done_by, done_at, note FROM merchant_step
WHERE programme = $1 AND merchant = $2
ORDER BY step DESC
LIMIT 200;

-- name: put_contact
INSERT INTO merchant_contact (programme, merchant, name, phone) VALUES ($1, $2, $3, $4)
ON CONFLICT (programme, merchant) DO UPDATE SET name = excluded.name, phone = excluded.phone;

-- name: find_contact
SELECT name, phone FROM merchant_contact
WHERE programme = $1 AND merchant = $2;

-- name: erase_contact
SELECT erase_contact($1, $2);

-- name: drop_contact
DELETE FROM merchant_contact
WHERE programme = $1 AND merchant = $2;
