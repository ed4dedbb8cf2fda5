-- name: insert_staff
INSERT INTO staff (id, user_name, node, digest, pepper, added_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_name) DO NOTHING
RETURNING id;

-- name: upsert_name
INSERT INTO staff_person (staff, name) VALUES ($1, $2)
ON CONFLICT (staff) DO UPDATE SET name = excluded.name;

-- name: erase_staff
SELECT erase_staff($1, $2);

-- name: find_staff_kept
SELECT s.password_set_at, s.added_at, e.erased_by, e.erased_at
FROM staff AS s
LEFT JOIN staff_erasure AS e ON e.staff = s.id
WHERE s.id = $1;

-- name: list_all_roles
SELECT id, role, node, programme, owner, area, granted_by, granted_at, ended_by, ended_at FROM staff_role
WHERE staff = $1
ORDER BY granted_at DESC, id
LIMIT $2;

-- name: list_own_sessions
SELECT id, device, began_at, used_at, ended_at FROM session
WHERE staff = $1
ORDER BY began_at DESC, id
LIMIT $2;

-- name: list_declarations
SELECT programme, member, capacities, kin, declared_by, declared_at FROM reviewer
WHERE principal = $1
ORDER BY programme
LIMIT $2;

-- name: find_staff
SELECT s.id, s.user_name, s.node, s.digest, s.pepper, s.is_blocked, s.added_by, p.name, e.staff IS NOT NULL AS is_erased
FROM staff AS s
LEFT JOIN staff_person AS p ON p.staff = s.id
LEFT JOIN staff_erasure AS e ON e.staff = s.id
WHERE ($1::text IS NULL OR s.id = $1) AND ($2::text IS NULL OR s.user_name = $2) AND ($1 IS NOT NULL OR $2 IS NOT NULL);

-- name: list_staff
WITH RECURSIVE below AS (
    SELECT n.id, 1 AS depth FROM node AS n
    WHERE n.id = $1
    UNION ALL
    SELECT n.id, below.depth + 1
    FROM below
    INNER JOIN node AS n ON n.parent = below.id
    WHERE below.depth < 32
)

SELECT
    s.id, s.user_name, s.node, NULL AS digest, s.pepper, s.is_blocked, s.added_by, p.name,
    e.staff IS NOT NULL AS is_erased
FROM staff AS s
LEFT JOIN staff_person AS p ON p.staff = s.id
LEFT JOIN staff_erasure AS e ON e.staff = s.id
WHERE
    s.node IN (SELECT b.id FROM below AS b) AND s.id > $2
    AND ($4::text IS NULL OR EXISTS (
        SELECT FROM staff_role AS r
        WHERE r.staff = s.id AND r.programme = $4 AND r.ended_at IS NULL
    ))
ORDER BY s.id
LIMIT $3;

-- name: set_password
UPDATE staff SET digest = $2, pepper = $3, password_set_at = clock_timestamp()
WHERE id = $1;

-- name: set_blocked
UPDATE staff SET is_blocked = $2
WHERE id = $1;

-- name: insert_role
INSERT INTO staff_role (id, staff, role, node, programme, owner, area, granted_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING;

-- name: list_roles
SELECT r.staff, r.id, r.role, r.node, r.programme, r.owner, r.area FROM staff_role AS r
WHERE r.staff = ANY($1::text []) AND r.ended_at IS NULL
ORDER BY r.granted_at, r.id;

-- name: end_role
UPDATE staff_role SET ended_at = clock_timestamp(), ended_by = $3
WHERE staff = $1 AND id = $2 AND ended_at IS NULL;
