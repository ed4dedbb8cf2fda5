-- name: write_events
SELECT write_audit_events($1::json);

-- name: find_event_node
SELECT e.node FROM audit_event AS e
WHERE e.programme = $1 AND e.id = $2;

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
    e.id, e.happened_at, e.principal, e.key, e.address, e.verb, e.about, coalesce(a.status, e.status) AS status,
    CASE WHEN a.id IS NULL THEN e.code ELSE a.code END AS code, r.reason
FROM audit_event AS e
LEFT JOIN audit_event AS a ON a.programme = e.programme AND a.answers = e.id
LEFT JOIN audit_reason AS r ON r.programme = e.programme AND r.event = e.id
WHERE
    e.programme = $1 AND e.answers IS NULL
    AND ($2::text IS NULL OR e.principal = $2)
    AND ($3::text IS NULL OR e.verb = $3)
    AND ($4::timestamptz IS NULL OR e.happened_at >= $4)
    AND ($5::timestamptz IS NULL OR e.happened_at < $5)
    AND ($6 = '' OR e.id < $6)
    AND ($8::text IS NULL OR e.node IN (SELECT b.id FROM below AS b))
ORDER BY e.id DESC
LIMIT $7;
