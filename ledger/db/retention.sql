-- name: list_families
-- A page of households with whoever lives in them, and of members without one. Quiet is where nobody has or owes
-- anything, waits for a decision, helps somebody, or did anything in all that time.
WITH page AS MATERIALIZED (
    SELECT o.id FROM owner AS o
    WHERE
        o.programme = $1 AND o.id > $3 AND ($4::text IS NULL OR o.id = $4)
        AND (o.kind = 'household' OR (o.kind = 'member' AND o.household IS NULL))
    ORDER BY o.id
    LIMIT 500
),

family AS MATERIALIZED (
    SELECT p.id AS root, p.id AS owner FROM page AS p
    UNION ALL
    SELECT o.household AS root, o.id AS owner
    FROM owner AS o
    INNER JOIN page AS p ON p.id = o.household
    WHERE o.programme = $1
),

since AS (
    SELECT now_at() - make_interval(months => $2) AS at
),

alive AS (
    SELECT f.root FROM family AS f
    INNER JOIN owner AS o ON o.programme = $1 AND o.id = f.owner
    WHERE o.opened_at >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN balance AS b ON b.programme = $1 AND b.owner = f.owner
    WHERE b.total <> 0
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN entry AS e ON e.programme = $1 AND e.owner = f.owner
    INNER JOIN journal AS j ON j.programme = $1 AND j.id = e.journal_id
    WHERE j.recorded_at >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN activity AS a ON a.programme = $1 AND a.recipient = f.owner
    WHERE a.state IN ('recorded', 'returned', 'appealed') OR a.recorded_at >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN card AS c ON c.programme = $1 AND f.owner IN (c.owner, c.member)
    WHERE coalesce(c.activated_at, c.issued_at) >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN helper AS h ON h.programme = $1 AND f.owner IN (h.owner, h.member)
    WHERE h.ended_at IS NULL AND coalesce(h.ends_at, h.appointed_at) >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN sign_up AS u ON u.programme = $1 AND u.person = f.owner
    WHERE u.signed_at >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN household_change AS c
        ON c.programme = $1 AND (f.owner IN (c.household, c.other) OR c.members @> ARRAY[f.owner])
    WHERE c.changed_at >= (SELECT s.at FROM since AS s)
    UNION ALL
    SELECT f.root FROM family AS f
    INNER JOIN adjustment AS d ON d.programme = $1 AND d.command ->> 'owner' = f.owner
    WHERE d.state = 'waiting'
)

SELECT
    p.id AS root,
    ARRAY(
        SELECT f.owner FROM family AS f
        WHERE f.root = p.id
        ORDER BY f.owner = f.root, f.owner
    ) AS owners,
    NOT EXISTS (
        SELECT FROM alive AS a
        WHERE a.root = p.id
    ) AND NOT EXISTS (
        SELECT FROM erasure AS e
        WHERE e.programme = $1 AND e.owner = p.id
    ) AS is_quiet
FROM page AS p
ORDER BY p.id;

-- name: list_left_shops
SELECT c.merchant FROM merchant_contact AS c
INNER JOIN merchant AS m ON m.programme = c.programme AND m.merchant = c.merchant
WHERE
    c.programme = $1 AND m.state = 'ended'
    AND (
        SELECT max(s.done_at) FROM merchant_step AS s
        WHERE s.programme = c.programme AND s.merchant = c.merchant
    ) < now_at() - make_interval(months => $2)
ORDER BY c.merchant
LIMIT $3;

-- name: list_old_evidence
-- What a decision or an objection still waits for is not old.
SELECT e.id FROM evidence AS e
INNER JOIN activity AS a ON a.programme = e.programme AND a.id = e.activity
WHERE
    e.programme = $1 AND e.removed_at IS NULL AND e.sent_at < now_at() - make_interval(months => $2)
    AND a.state NOT IN ('recorded', 'returned', 'appealed')
    AND NOT EXISTS (
        SELECT FROM objection AS o
        WHERE o.programme = a.programme AND o.journal_id = a.journal_id AND o.state = 'open'
    )
ORDER BY e.id
LIMIT $3;

-- name: remove_evidence
UPDATE evidence SET removed_at = now_at(), taken_at = NULL, latitude = NULL, longitude = NULL, look = NULL
WHERE programme = $1 AND id = ANY($2::text []) AND removed_at IS NULL;

-- name: list_old_reasons
SELECT r.event FROM audit_reason AS r
INNER JOIN audit_event AS e ON e.programme = r.programme AND e.id = r.event
WHERE r.programme = $1 AND r.reason <> '' AND e.happened_at < now_at() - make_interval(months => $2)
ORDER BY r.event
LIMIT $3;

-- name: empty_reasons
UPDATE audit_reason SET reason = ''
WHERE programme = $1 AND event = ANY($2::text []);
