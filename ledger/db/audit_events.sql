-- name: insert_event
INSERT INTO audit_event (programme, id, node, principal, key, address, verb, about, status, code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: insert_reason
INSERT INTO audit_reason (programme, event, reason) VALUES ($1, $2, $3);

-- name: list_events
-- Newest first. Of what belongs to no programme: only what was done below a node.
WITH RECURSIVE below AS (
    SELECT n.id, 1 AS depth FROM node AS n
    WHERE n.id = $8
    UNION ALL
    SELECT n.id, below.depth + 1
    FROM below
    INNER JOIN node AS n ON below.id = n.parent
    WHERE below.depth < 32
)

SELECT
    e.id, e.happened_at, e.principal, e.key, e.address, e.verb, e.about, e.status, e.code, r.reason
FROM audit_event AS e
LEFT JOIN audit_reason AS r ON r.programme = e.programme AND r.event = e.id
WHERE
    e.programme = $1
    AND ($2::text IS NULL OR e.principal = $2)
    AND ($3::text IS NULL OR e.verb = $3)
    AND ($4::timestamptz IS NULL OR e.happened_at >= $4)
    AND ($5::timestamptz IS NULL OR e.happened_at < $5)
    AND ($6 = '' OR e.id < $6)
    AND ($8::text IS NULL OR e.node IN (SELECT b.id FROM below AS b))
ORDER BY e.id DESC
LIMIT $7;
