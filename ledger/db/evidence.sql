-- name: find_file
-- Whoever sends the same picture again, or what it looks like once cleaned, is found.
SELECT id, activity FROM evidence
WHERE programme = $1 AND (sha256 = ANY($2::text []) OR sent_sha256 = ANY($2::text []))
LIMIT 1;

-- name: find_alike
-- Not the same bytes, but nearly the same look: at most so many of 64 points differ.
SELECT id FROM evidence
WHERE programme = $1 AND look IS NOT NULL AND look_differs(look, $2) <= $3
LIMIT 1;

-- name: insert_evidence
INSERT INTO evidence (
    programme, id, activity, sha256, sent_sha256, media_type, bytes, width, height, taken_at, latitude, longitude,
    look, warnings, sent_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text [], $15);

-- name: list_evidence
SELECT
    id, activity, sha256, media_type, bytes, width, height, taken_at, latitude, longitude, warnings, sent_by, sent_at
FROM evidence
WHERE programme = $1 AND activity = $2
ORDER BY sent_at, id
LIMIT 8;
