-- Years of a county written set by set, as posting would have left them. What is the same for all rows is in `plan`.

-- name: make_room
DROP SCHEMA IF EXISTS year CASCADE;
CREATE SCHEMA year;

-- name: make_plan
CREATE UNLOGGED TABLE year.plan (
    slug text, principal text, rulebook text, lines integer, begin_ms bigint, step_ms double precision,
    households integer, outlets integer, shops integer, award_percent integer, redeem_percent integer,
    award_points integer, redeem_points integer
);

-- name: fill_plan
INSERT INTO year.plan VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: weigh_plan
ANALYZE year.plan;

-- name: make_triples
-- An id has 42 bits of milliseconds and 48 that are random: six times fifteen bits, three letters each. No two lines are
-- of one millisecond, so for the last 45 bits one of 32,768 endings will do.
CREATE UNLOGGED TABLE year.letter AS
SELECT
    n.number,
    substr(a.letters, 1 + (n.number >> 10), 1) || substr(a.letters, 1 + (n.number >> 5 & 31), 1)
    || substr(a.letters, 1 + (n.number & 31), 1) AS letters
FROM generate_series(0, 32767) AS n (number)
CROSS JOIN (VALUES ('0123456789abcdefghjkmnpqrstvwxyz')) AS a (letters);
CREATE UNLOGGED TABLE year.triple AS
SELECT t.number, t.letters, a.letters || b.letters || c.letters AS ending
FROM year.letter AS t
INNER JOIN year.letter AS a ON a.number = (hashint8extended(t.number, 10) & 32767)::integer
INNER JOIN year.letter AS b ON b.number = (hashint8extended(t.number, 11) & 32767)::integer
INNER JOIN year.letter AS c ON c.number = (hashint8extended(t.number, 12) & 32767)::integer;
ANALYZE year.triple;

-- name: draw_lines
-- What happened, one after another: a(ward), r(edemption at an outlet), v(isit to a merchant). Chance is a hash of the
-- number, and so the same in every set.
CREATE UNLOGGED TABLE year.drawn AS
SELECT
    d.number, d.ms, d.recorded_at, (d.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AS day, d.household, d.kind,
    1 + (d.bits >> 16 & 65535)::integer % CASE d.kind WHEN 'a' THEN p.award_points ELSE p.redeem_points END AS points,
    (d.bits >> 32 & 65535)::integer % CASE d.kind WHEN 'v' THEN p.shops ELSE p.outlets END AS place,
    hashint8extended(d.number, 3) AS random_bits
FROM (
    SELECT
        n.number, n.ms, n.bits, timestamptz '2020-01-01T00:00:00Z' + n.ms * interval '1 millisecond' AS recorded_at,
        mod(hashint8extended(n.number, 1) & 4294967295, p.households)::integer AS household,
        CASE
            WHEN (n.bits & 65535) % 100 < p.award_percent THEN 'a'
            WHEN (n.bits & 65535) % 100 < p.award_percent + p.redeem_percent THEN 'r'
            ELSE 'v'
        END::"char" AS kind
    FROM year.plan AS p
    CROSS JOIN
        LATERAL (
            SELECT n.number, p.begin_ms + (n.number * p.step_ms)::bigint AS ms, hashint8extended(n.number, 2) AS bits
            FROM generate_series(0, p.lines - 1) AS n (number)
            OFFSET 0
        ) AS n
    OFFSET 0
) AS d
CROSS JOIN year.plan AS p;
ANALYZE year.drawn;

-- name: name_lines
-- `turn` counts a household's awards by one rule in one month, and the receipts of an outlet.
CREATE UNLOGGED TABLE year.line AS
SELECT
    d.number, d.recorded_at, d.day, d.household, d.kind, d.points::smallint AS points, d.place::smallint AS place,
    -- Good until the end of the month twelve months later.
    (date_trunc('month', d.day::timestamp) + interval '13 months' - interval '1 day')::date AS lapses_on,
    row_number() OVER (
        PARTITION BY
            CASE d.kind
                WHEN 'a' THEN (d.household * 64 + d.points) * 12 + date_part('month', d.day)::integer
                WHEN 'r' THEN -1 - d.place
            END
        ORDER BY d.number
    )::integer AS turn,
    ('txn_' || one.letters || two.letters || three.letters || last.ending) COLLATE "C" AS id
FROM year.drawn AS d
INNER JOIN year.triple AS one ON one.number = (d.ms >> 27)::integer
INNER JOIN year.triple AS two ON two.number = (d.ms >> 12 & 32767)::integer
INNER JOIN year.triple AS three ON three.number = ((d.ms & 4095) << 3 | (d.random_bits >> 45 & 7))::integer
INNER JOIN year.triple AS last ON last.number = (d.random_bits & 32767)::integer
ORDER BY d.number;
CREATE UNIQUE INDEX ON year.line (number);
ANALYZE year.line;
DROP TABLE year.drawn;

-- name: make_accounts
-- Numbers for the accounts that will move, each with where it stands after the opening.
CREATE UNLOGGED TABLE year.account AS
WITH named (number, owner, purse, unit) AS (
    SELECT h.number, 'hh_' || lpad(h.number::text, 18, '0'), 'main', 'points'
    FROM year.plan AS p
    CROSS JOIN generate_series(0, p.households - 1) AS h (number)
    UNION ALL
    SELECT 1000000 + o.number * 64 + i.points, 'out_shop-' || o.number, 'stock', 'item:item-' || i.points
    FROM year.plan AS p
    CROSS JOIN generate_series(0, p.outlets - 1) AS o (number)
    CROSS JOIN generate_series(1, p.redeem_points) AS i (points)
    UNION ALL
    SELECT 2000000 + i.points, 'programme', 'redeemed', 'item:item-' || i.points
    FROM year.plan AS p
    CROSS JOIN generate_series(1, p.redeem_points) AS i (points)
    UNION ALL
    SELECT 3000000 + s.number, 'mer_barber-' || s.number, 'claims', 'points'
    FROM year.plan AS p
    CROSS JOIN generate_series(0, p.shops - 1) AS s (number)
    UNION ALL
    VALUES (4000000, 'programme', 'issued:deeds', 'points'), (4000001, 'programme', 'redeemed', 'points')
)

SELECT
    n.number, n.owner, n.purse, n.unit, coalesce(b.account_version, 0) AS account_version,
    coalesce(b.total, 0) AS total, b.bucket_days[1] AS opening_lapses_on
FROM named AS n
CROSS JOIN year.plan AS p
LEFT JOIN ledger.balance AS b
    ON b.programme = p.slug AND b.owner = n.owner AND b.purse = n.purse AND b.unit = n.unit;
CREATE UNIQUE INDEX ON year.account (number);
ANALYZE year.account;

-- name: take_from_buckets
-- Nearest day first. All that a household earned lies end to end, month after month, and so does all that it spent:
-- where one stretch of spending ends or one month's bucket does, a part ends. What was missing when it was spent came
-- out of the opening, which lasts longest: so much of it was taken as was ever missing.
CREATE UNLOGGED TABLE year.part AS
WITH summed AS (
    SELECT
        l.household, l.number, l.kind, l.lapses_on,
        coalesce(sum(l.points) FILTER (WHERE l.kind = 'a') OVER by_time, 0) AS earned,
        coalesce(sum(l.points) FILTER (WHERE l.kind <> 'a') OVER by_time, 0) AS spent
    FROM year.line AS l
    WINDOW by_time AS (PARTITION BY l.household ORDER BY l.number ROWS UNBOUNDED PRECEDING)
),

missed AS (
    SELECT
        s.household, s.number, s.kind, s.lapses_on, s.earned, s.spent,
        greatest(0, max(s.spent - s.earned) OVER by_time) AS opened
    FROM summed AS s
    WINDOW by_time AS (PARTITION BY s.household ORDER BY s.number ROWS UNBOUNDED PRECEDING)
),

laid AS MATERIALIZED (
    SELECT
        m.household, m.number, m.kind, m.lapses_on,
        CASE m.kind WHEN 'a' THEN m.earned ELSE m.spent - m.opened END AS ends_at,
        m.opened - lag(m.opened, 1, 0::bigint) OVER by_time AS opened
    FROM missed AS m
    WINDOW by_time AS (PARTITION BY m.household ORDER BY m.number ROWS UNBOUNDED PRECEDING)
),

mark AS (
    SELECT x.household, x.ends_at, min(x.number) AS number, min(x.lapses_on) AS lapses_on
    FROM (
        SELECT l.household, l.ends_at, l.number, NULL AS lapses_on FROM laid AS l
        WHERE l.kind <> 'a'
        UNION ALL
        SELECT l.household, max(l.ends_at), NULL, l.lapses_on FROM laid AS l
        WHERE l.kind = 'a'
        GROUP BY l.household, l.lapses_on
    ) AS x
    GROUP BY x.household, x.ends_at
),

taken AS (
    SELECT
        m.household, min(m.number) OVER backwards AS number, min(m.lapses_on) OVER backwards AS lapses_on,
        m.ends_at - lead(m.ends_at, 1, 0::bigint) OVER backwards AS points
    FROM mark AS m
    WINDOW backwards AS (PARTITION BY m.household ORDER BY m.ends_at DESC)
    UNION ALL
    SELECT l.household, l.number, a.opening_lapses_on, l.opened FROM laid AS l
    INNER JOIN year.account AS a ON a.number = l.household
    WHERE l.opened > 0
)

SELECT t.household, t.number, t.lapses_on, sum(t.points)::integer AS points FROM taken AS t
WHERE t.number IS NOT NULL AND t.points > 0
GROUP BY t.household, t.number, t.lapses_on;
ANALYZE year.part;

-- name: write_legs
-- Each with the version and the balance of its account after it. `place` orders the legs of a line.
CREATE UNLOGGED TABLE year.leg AS
WITH moved (number, place, account, amount, expires_on) AS (
    SELECT l.number, 0, 4000000, -l.points, date '9999-01-01' FROM year.line AS l
    WHERE l.kind = 'a'
    UNION ALL
    SELECT l.number, 1, l.household, l.points, l.lapses_on FROM year.line AS l
    WHERE l.kind = 'a'
    UNION ALL
    SELECT p.number, p.lapses_on - date '2000-01-01', p.household, -p.points, p.lapses_on FROM year.part AS p
    UNION ALL
    SELECT l.number, 1000000, 4000001, l.points, date '9999-01-01' FROM year.line AS l
    WHERE l.kind = 'r'
    UNION ALL
    SELECT l.number, 1000001, 1000000 + l.place * 64 + l.points, -1, date '9999-01-01' FROM year.line AS l
    WHERE l.kind = 'r'
    UNION ALL
    SELECT l.number, 1000002, 2000000 + l.points, 1, date '9999-01-01' FROM year.line AS l
    WHERE l.kind = 'r'
    UNION ALL
    SELECT l.number, 1000000, 3000000 + l.place, l.points, date '9999-01-01' FROM year.line AS l
    WHERE l.kind = 'v'
)

SELECT
    m.number, m.place, m.account, m.amount, m.expires_on,
    (a.account_version + row_number() OVER by_account)::integer AS account_version,
    a.total + sum(m.amount) OVER by_account AS balance_after
FROM moved AS m
INNER JOIN year.account AS a ON a.number = m.account
WINDOW by_account AS (PARTITION BY m.account ORDER BY m.number, m.place ROWS UNBOUNDED PRECEDING);
ANALYZE year.leg;

-- name: read_journal
WITH paid AS (
    SELECT p.number, count(*) AS parts FROM year.part AS p
    GROUP BY p.number
)

SELECT
    w.slug, l.id, CASE l.kind WHEN 'a' THEN 'award' ELSE 'redeem' END, w.principal, l.recorded_at, l.day,
    CASE l.kind WHEN 'a' THEN l.day END,
    (CASE l.kind WHEN 'a' THEN 2 WHEN 'r' THEN p.parts + 3 ELSE p.parts + 1 END)::integer,
    CASE l.kind
        WHEN 'a' THEN format('{"owner":"%s","rule":"deed-%s","rulebook":"%s"}', o.owner, l.points, w.rulebook)
        WHEN 'r'
            THEN
                format(
                    '{"owner":"%s","outlet":"out_shop-%s","lines":[{"item":"item-%s","quantity":1,"points":%s}],"number":%s}',
                    o.owner, l.place, l.points, l.points, l.turn
                )
        ELSE format(
            '{"owner":"%s","merchant":"mer_barber-%s","lines":[{"item":"offer-%s","quantity":1,"points":%s,'
            '"offer":true}]}', o.owner, l.place, l.points, l.points
        )
    END::json,
    CASE
        WHEN l.kind = 'a' THEN format(
            '{"rule":"deed-%s","happened_on":"%s","steps":[{"step":"fixed","unit":"points","amount":%s},'
            '{"step":"times","counter":"deed-%s/month/times","per":"month","limit":30,"number":%s},'
            '{"step":"lasts","unit":"points","expiry":{"kind":"rolling","months":12}}]}',
            l.points, l.day, l.points, l.points, l.turn
        )
    END::json,
    CASE
        WHEN l.kind = 'a' THEN format(
            '[["deed-%s/month/times","%s","%s",1]]', l.points, o.owner, to_char(l.day, 'YYYY-MM')
        )
    END::json,
    CASE WHEN l.kind = 'a' THEN format('{"happened_on":"%s"}', l.day) END::json
FROM year.line AS l
CROSS JOIN year.plan AS w
INNER JOIN year.account AS o ON o.number = l.household
LEFT JOIN paid AS p ON p.number = l.number
ORDER BY l.number;

-- name: read_entries
SELECT
    w.slug, a.owner, a.purse, a.unit, e.account_version::bigint, l.id, e.line, e.expires_on, e.amount::bigint,
    e.balance_after
FROM (
    SELECT
        e.number, e.account, e.account_version, e.expires_on, e.amount, e.balance_after,
        (row_number() OVER (PARTITION BY e.number ORDER BY e.place) - 1)::integer AS line
    FROM year.leg AS e
) AS e
CROSS JOIN year.plan AS w
INNER JOIN year.account AS a ON a.number = e.account
INNER JOIN year.line AS l ON l.number = e.number
ORDER BY e.number;

-- name: read_keys
SELECT w.slug, w.principal, md5('key ' || l.number), md5('sent ' || l.number), l.id FROM year.line AS l
CROSS JOIN year.plan AS w
ORDER BY l.number;

-- name: read_outbox
SELECT w.slug, l.id FROM year.line AS l
CROSS JOIN year.plan AS w
ORDER BY l.number;

-- name: read_receipts
SELECT w.slug, 'out_shop-' || l.place, l.turn::bigint, l.id FROM year.line AS l
CROSS JOIN year.plan AS w
WHERE l.kind = 'r'
ORDER BY l.number;

-- name: read_receipt_series
SELECT w.slug, 'out_shop-' || l.place, max(l.turn)::bigint FROM year.line AS l
CROSS JOIN year.plan AS w
WHERE l.kind = 'r'
GROUP BY w.slug, l.place;

-- name: read_counters
SELECT
    w.slug, format('deed-%s/month/times', u.points), o.owner, to_char(u.month, 'YYYY-MM'), u.used
FROM (
    SELECT l.household, l.points, date_trunc('month', l.day) AS month, count(*) AS used FROM year.line AS l
    WHERE l.kind = 'a'
    GROUP BY l.household, l.points, date_trunc('month', l.day)
) AS u
CROSS JOIN year.plan AS w
INNER JOIN year.account AS o ON o.number = u.household;

-- name: read_balances
-- Of the accounts that moved; the opening's bucket is counted among the parts it was taken in.
WITH bucket AS (
    SELECT x.account, x.expires_on, sum(x.amount)::bigint AS amount
    FROM (
        SELECT e.account, e.expires_on, e.amount FROM year.leg AS e
        WHERE e.account < 1000000
        UNION ALL
        SELECT a.number, a.opening_lapses_on, a.total FROM year.account AS a
        WHERE a.number < 1000000
    ) AS x
    GROUP BY x.account, x.expires_on
),

kept AS (
    SELECT
        b.account, array_agg(b.expires_on ORDER BY b.expires_on) AS days,
        array_agg(b.amount ORDER BY b.expires_on) AS amounts
    FROM bucket AS b
    WHERE b.amount <> 0
    GROUP BY b.account
),

moved AS (
    SELECT e.account, sum(e.amount)::bigint AS total, count(*) AS entries FROM year.leg AS e
    GROUP BY e.account
)

SELECT
    w.slug, a.owner, a.purse, a.unit, a.total + coalesce(m.total, 0), a.account_version + coalesce(m.entries, 0),
    CASE WHEN a.number < 2000000 THEN 0::bigint END, coalesce(k.days, '{}'), coalesce(k.amounts, '{}')
FROM year.account AS a
CROSS JOIN year.plan AS w
LEFT JOIN moved AS m ON m.account = a.number
LEFT JOIN kept AS k ON k.account = a.number
WHERE a.account_version > 0 OR m.entries > 0;

-- name: leave
DROP SCHEMA year CASCADE;
