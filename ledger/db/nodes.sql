-- name: insert_node
INSERT INTO node (id, parent, kind, title_zh, title_en) VALUES ($1, $2, $3, $4, $5);

-- name: has_nodes
SELECT exists(SELECT FROM node);

-- name: list_roots
SELECT id FROM node
WHERE parent IS NULL
ORDER BY id;

-- name: find_programme_nodes
-- From the programme's own node up to the root; the depth bound stops at a loop.
WITH RECURSIVE up AS (
    SELECT n.id, n.parent, 1 AS depth
    FROM programme AS p
    INNER JOIN node AS n ON n.id = p.node
    WHERE p.programme = $1
    UNION ALL
    SELECT n.id, n.parent, up.depth + 1
    FROM up
    INNER JOIN node AS n ON n.id = up.parent
    WHERE up.depth < 32
)

SELECT id FROM up
ORDER BY depth;

-- name: find_node_and_above
WITH RECURSIVE up AS (
    SELECT n.id, n.parent, 1 AS depth FROM node AS n
    WHERE n.id = $1
    UNION ALL
    SELECT n.id, n.parent, up.depth + 1
    FROM up
    INNER JOIN node AS n ON n.id = up.parent
    WHERE up.depth < 32
)

SELECT id FROM up
ORDER BY depth;

-- name: list_programmes_below
SELECT programme, node FROM programmes_below($1, $2, $3, $4);
