-- name: list_publications
SELECT kind, version, digest, effective_from, revision, published_at, published_by
FROM publication
WHERE programme = $1 AND revision > $2 AND ($3::text IS NULL OR kind = $3)
ORDER BY revision
LIMIT $4;

-- name: read_publication
SELECT kind, version, digest, effective_from, revision, published_at, published_by, body
FROM publication
WHERE programme = $1 AND kind = $2 AND version = $3;

-- name: find_events
SELECT body FROM publication
WHERE programme = $1 AND kind = 'events'
ORDER BY revision DESC LIMIT 1;
