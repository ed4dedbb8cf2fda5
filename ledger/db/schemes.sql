-- name: read_revision
SELECT revision FROM programme
WHERE programme = $1;

-- name: load_publications
SELECT kind, version, digest, effective_from, published_at, published_by, body
FROM publication
WHERE programme = $1
ORDER BY revision;

-- name: load_merchants
SELECT merchant, state FROM merchant
WHERE programme = $1;

-- name: load_approved_offers
-- The one that was decided last wins where two begin on one day.
SELECT merchant, offer, title_zh, title_en, kind, points, effective_from
FROM shop_offer
WHERE programme = $1 AND state = 'approved'
ORDER BY decided_at, id;

-- name: insert_programme
INSERT INTO programme (programme, node) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: lock_programme
SELECT revision FROM programme
WHERE programme = $1 FOR NO KEY UPDATE;

-- name: raise_revision
UPDATE programme SET revision = revision + 1
WHERE programme = $1 RETURNING revision;

-- name: insert_publication
INSERT INTO publication (programme, kind, digest, version, effective_from, revision, body, published_by)
VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8);

-- name: find_published
SELECT version, digest
FROM publication
WHERE programme = $1 AND kind = $2 AND ($3::text IS NULL OR version = $3)
ORDER BY revision DESC
LIMIT 1;
