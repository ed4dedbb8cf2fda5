-- name: upsert_pin
INSERT INTO pin (programme, card, digest, pepper, set_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (programme, card) DO UPDATE
    SET digest = excluded.digest, pepper = excluded.pepper, set_by = excluded.set_by, set_at = clock_timestamp();

-- name: find_pin
SELECT digest, pepper FROM pin
WHERE programme = $1 AND card = $2;

-- name: delete_pin
DELETE FROM pin
WHERE programme = $1 AND card = $2;
