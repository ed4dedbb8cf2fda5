-- name: recount_audit_log
-- Every event is sealed or waits, once; every leaf has its salts.
WITH known (programme, event) AS (
    SELECT l.programme, l.event FROM audit_leaf AS l
    UNION ALL
    SELECT o.programme, o.event FROM audit_outbox AS o
),

counted AS (
    SELECT k.programme, k.event, count(*) AS times FROM known AS k
    GROUP BY k.programme, k.event
),

broken (line, example) AS (
    SELECT 'audit', concat_ws(' ', coalesce(c.programme, e.programme), coalesce(c.event, e.id)) FROM counted AS c
    FULL JOIN (SELECT e.programme, e.id FROM audit_event AS e) AS e ON e.programme = c.programme AND e.id = c.event
    WHERE e.id IS NULL OR c.times IS DISTINCT FROM 1
    UNION ALL
    SELECT 'audit', concat_ws(' ', coalesce(l.programme, s.programme), coalesce(l.position, s.position))
    FROM audit_leaf AS l
    FULL JOIN audit_salt AS s ON s.programme = l.programme AND s.position = l.position
    WHERE l.position IS NULL OR s.position IS NULL
    UNION ALL
    SELECT 'audit', concat_ws(' ', r.programme, r.event) FROM audit_reason AS r
    LEFT JOIN audit_event AS e ON e.programme = r.programme AND e.id = r.event
    WHERE e.id IS NULL
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: measure_logs
SELECT
    coalesce(l.programme, c.programme) AS programme, coalesce(l.leaves, 0) AS leaves,
    coalesce(l.last_position + 1, 0) AS places, coalesce(c.size, 0) AS size, c.root
FROM (
    SELECT l.programme, count(*) AS leaves, max(l.position) AS last_position FROM audit_leaf AS l
    GROUP BY l.programme
) AS l
FULL JOIN (
    SELECT DISTINCT ON (c.programme) c.programme, c.size, c.root FROM audit_checkpoint AS c
    ORDER BY c.programme, c.size DESC
) AS c ON c.programme = l.programme
ORDER BY 1;

-- name: list_tiles
SELECT t.programme, t.level, t.place, t.digests FROM audit_tile AS t
ORDER BY t.programme, t.level, t.place;

-- name: list_checkpoints
SELECT c.size, c.root, c.note, c.sealed_at FROM audit_checkpoint AS c
WHERE c.programme = $1
ORDER BY c.size;

-- name: list_leaves
SELECT l.position, l.event, s.salts FROM audit_leaf AS l
LEFT JOIN audit_salt AS s ON s.programme = l.programme AND s.position = l.position
WHERE l.programme = $1
ORDER BY l.position;
