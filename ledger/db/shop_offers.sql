-- name: insert_offer
INSERT INTO shop_offer (
    programme, id, merchant, offer, title_zh, title_en, kind, points, effective_from, proposed_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING;

-- name: read_offers
SELECT
    id, merchant, offer, title_zh, title_en, kind, points, effective_from, proposed_by, proposed_at, state,
    decided_by, decided_at
FROM shop_offer
WHERE programme = $1 AND merchant = $2 AND ($3::text IS NULL OR id = $3) AND id > $4
ORDER BY id
LIMIT $5;

-- name: lock_offer
SELECT
    id, merchant, offer, title_zh, title_en, kind, points, effective_from, proposed_by, proposed_at, state,
    decided_by, decided_at
FROM shop_offer
WHERE programme = $1 AND merchant = $2 AND id = $3
FOR NO KEY UPDATE;

-- name: decide_offer
UPDATE shop_offer SET state = $3, effective_from = $4, decided_by = $5, decided_at = clock_timestamp()
WHERE programme = $1 AND id = $2;
