-- name: insert_owners
INSERT INTO owner (programme, id, kind, reference, household, area, traits)
SELECT $1, w.id, w.kind, w.reference, w.household, w.area, w.traits
FROM
    json_to_recordset($2::json)
        AS w (
            id text, kind text, reference text, household text, area text, traits jsonb
        )
ON CONFLICT (programme, id) DO NOTHING;

-- name: insert_persons
INSERT INTO person (programme, owner, name, phone)
SELECT $1, w.id, w.name, w.phone FROM json_to_recordset($2::json) AS w (id text, name text, phone text);

-- name: insert_accounts
INSERT INTO account (programme, owner, purse, floor_amount)
SELECT $1, w.owner, w.purse, w.floor_amount
FROM unnest($2::text [], $3::text [], $4::bigint []) AS w (owner, purse, floor_amount)
ON CONFLICT DO NOTHING;

-- name: honours_of
-- Gained more often than lost, as the effects of rules count them.
SELECT substr(g.counter, length('honour/') + 1) AS honour
FROM counter AS g
LEFT JOIN counter AS l
    ON
        l.programme = g.programme AND l.subject = g.subject AND l.period = g.period
        AND l.counter = 'honour-lost/' || substr(g.counter, length('honour/') + 1)
WHERE
    g.programme = $1 AND g.subject = $2 AND g.period = 'ever' AND g.counter LIKE 'honour/%'
    AND g.counter NOT LIKE 'honour/%/%' AND g.used > coalesce(l.used, 0)
ORDER BY honour;

-- name: insert_units
INSERT INTO unit (programme, unit) SELECT $1, unnest($2::text []) ON CONFLICT DO NOTHING;

-- name: find_owners
SELECT id FROM owner
WHERE programme = $1 AND id = ANY($2::text []);

-- name: read_owners
SELECT o.id, o.kind, o.reference, o.household, o.area, o.traits, p.name, p.phone
FROM owner AS o
LEFT JOIN person AS p ON p.programme = o.programme AND p.owner = o.id
WHERE o.programme = $1 AND o.id = ANY($2::text []);

-- name: read_by_reference
SELECT o.id, o.kind, o.reference, o.household, o.area, o.traits, p.name, p.phone
FROM owner AS o
LEFT JOIN person AS p ON p.programme = o.programme AND p.owner = o.id
WHERE o.programme = $1 AND o.kind = $2 AND o.reference = ANY($3::text []);

-- name: find_household
SELECT household FROM owner
WHERE programme = $1 AND id = $2;

-- name: find_area
-- A member without an area of its own lives in that of its household.
SELECT coalesce(o.area, h.area) FROM owner AS o
LEFT JOIN owner AS h ON h.programme = o.programme AND h.id = o.household
WHERE o.programme = $1 AND o.id = $2;

-- name: find_owner_by_reference
SELECT id FROM owner
WHERE programme = $1 AND kind = $2 AND reference = $3;
