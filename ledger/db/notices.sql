-- name: read_notice
-- What is under public notice; an objection holds a line until it is decided.
SELECT
    i.journal_id, i.due_on, j.about ->> 'owner' AS owner, j.about ->> 'rule' AS rule, j.happened_on, o.area, p.name,
    EXISTS(
        SELECT FROM objection AS x
        WHERE x.programme = i.programme AND x.journal_id = i.journal_id AND x.state = 'open'
    ) AS is_held,
    (
        SELECT json_object_agg(e.unit, e.total)
        FROM (
            SELECT
                q.unit,
                total_of(q.amount) AS total
            FROM entry AS q
            WHERE q.journal_id = i.journal_id AND q.purse = 'pending'
            GROUP BY q.unit
        ) AS e
    ) AS amounts
FROM open_item AS i
INNER JOIN journal AS j ON j.programme = i.programme AND j.id = i.journal_id
INNER JOIN owner AS o ON o.programme = i.programme AND o.id = j.about ->> 'owner'
LEFT JOIN person AS p ON p.programme = o.programme AND p.owner = o.id
WHERE
    i.programme = $1 AND i.kind = 'pending' AND i.ended_by IS NULL
    AND ($2::date IS NULL OR j.happened_on >= $2) AND ($3::date IS NULL OR j.happened_on <= $3)
    AND ($4::text IS NULL OR o.area = $4) AND i.journal_id > $5
ORDER BY i.journal_id
LIMIT $6;

-- name: count_holders
SELECT o.area, count(*) AS holders
FROM owner AS o
WHERE o.programme = $1 AND o.kind = $2
GROUP BY o.area;

-- name: count_redeemed
-- What goods and offers cost in points, less what came back.
SELECT coalesce(total_of(e.amount), 0) AS points
FROM journal AS j
INNER JOIN entry AS e ON e.journal_id = j.id AND e.programme = j.programme
WHERE
    j.programme = $1 AND j.effective_on BETWEEN $2 AND $3 AND j.refusal IS NULL
    AND j.kind IN ('redeem', 'late_sale', 'capture', 'refund', 'reverse')
    AND e.unit = 'points' AND e.purse IN ('redeemed', 'claims');

-- name: read_listed_names
-- Who does not want to be named is left out.
SELECT
    o.id,
    p.name
FROM owner AS o
LEFT JOIN person AS p ON p.programme = o.programme AND p.owner = o.id
WHERE
    o.programme = $1 AND o.id = ANY($2::text [])
    AND NOT EXISTS (
        SELECT FROM unlisted AS u
        WHERE u.programme = o.programme AND u.owner = o.id
    );

-- name: list_unlisted
SELECT owner FROM unlisted
WHERE programme = $1;

-- name: unlist
INSERT INTO unlisted (programme, owner, asked_by) VALUES ($1, $2, $3)
ON CONFLICT (programme, owner) DO NOTHING;

-- name: list_again
DELETE FROM unlisted
WHERE programme = $1 AND owner = $2;
