-- name: recount_kinds
-- What a kind of transaction must look like: splits and settlements conserve, only known kinds touch a merchant's
-- claims, and no day lapses early or twice.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
),

of_kind AS MATERIALIZED (
    SELECT j.programme, j.id, j.kind, (j.recorded_at AT TIME ZONE z.name)::date AS posted_on FROM journal AS j
    INNER JOIN zone AS z ON z.programme = j.programme
    WHERE j.kind IN ('split', 'settle', 'expire') AND j.refusal IS NULL
),

leg AS MATERIALIZED (
    SELECT k.kind, k.id, k.posted_on, e.programme, e.owner, e.purse, e.unit, e.expires_on, e.amount
    FROM of_kind AS k
    INNER JOIN entry AS e ON e.programme = k.programme AND e.journal_id = k.id
),

-- By way of the balances, which are few: a merchant's claims stand together in the index of the entries.
claim AS (
    SELECT e.programme, e.owner, e.journal_id, e.amount FROM balance AS b
    INNER JOIN entry AS e
        ON e.programme = b.programme AND e.owner = b.owner AND e.purse = b.purse AND e.unit = b.unit
    WHERE b.purse = 'claims'
),

swept AS (
    SELECT
        l.programme, l.owner, l.unit,
        -- Less the days for which sales made offline are waited for, at their most.
        max(l.posted_on) - coalesce((
            SELECT max((p.body::json ->> 'offline_days')::integer) FROM publication AS p
            WHERE p.programme = l.programme AND p.kind = 'programme'
        ), 0) AS swept_on
    FROM leg AS l
    WHERE l.kind = 'expire' AND l.owner <> 'programme'
    GROUP BY l.programme, l.owner, l.unit
),

broken (line, example) AS (
    SELECT 'I7', concat_ws(' ', l.programme, l.id) FROM leg AS l
    WHERE l.kind = 'split'
    GROUP BY l.programme, l.id
    HAVING
        total_of(l.amount) <> 0 OR count(DISTINCT l.unit) <> 1
        OR count(*) FILTER (WHERE l.amount < 0) <> 1 OR bool_or(l.amount < 0 AND l.purse <> 'fund')
    UNION ALL
    SELECT 'I19', concat_ws(' ', l.programme, l.id) FROM leg AS l
    WHERE l.kind = 'settle' AND l.unit IN ('points', 'gift')
    GROUP BY l.programme, l.id
    HAVING
        bool_or(
            l.purse NOT IN ('claims', 'settled', 'commission')
            -- Commission that refunds give back may be more than what new sales bring.
            OR l.purse <> 'commission' AND (l.purse = 'claims') <> (l.amount < 0)
        )
    UNION ALL
    SELECT 'I19', concat_ws(' ', c.programme, c.owner, c.journal_id) FROM claim AS c
    LEFT JOIN journal AS j ON j.programme = c.programme AND j.id = c.journal_id
    WHERE
        j.kind IS NULL OR j.kind <> 'reverse' AND CASE
            WHEN c.amount > 0 THEN j.kind NOT IN ('redeem', 'capture', 'late_sale')
            ELSE j.kind NOT IN ('refund', 'settle')
        END
    UNION ALL
    SELECT 'I19', concat_ws(' ', s.programme, s.settlement, s.line) FROM settlement_line AS s
    LEFT JOIN entry AS e
        ON
            e.programme = s.programme AND e.owner = s.merchant AND e.purse = 'claims' AND e.unit = s.unit
            AND e.account_version = s.account_version
    WHERE (e.journal_id, e.amount) IS DISTINCT FROM (s.journal_id, s.points)
    UNION ALL
    SELECT 'I19', concat_ws(' ', s.programme, s.id, 'range') FROM settlement AS s
    WHERE
        s.closing <> s.opening + s.settled + (
            SELECT coalesce(total_of(l.points), 0) FROM settlement_line AS l
            WHERE l.programme = s.programme AND l.settlement = s.id AND l.carried_from IS NULL
        )
    UNION ALL
    SELECT 'I19', concat_ws(' ', s.programme, s.id, s.journal_id) FROM settlement AS s
    WHERE
        s.journal_id IS NOT NULL AND (
            SELECT coalesce(total_of(l.points), 0) FROM settlement_line AS l
            WHERE l.programme = s.programme AND l.settlement = s.id AND l.state <> 'carried'
        ) IS DISTINCT FROM (
            SELECT -total_of(e.amount) FROM entry AS e
            WHERE
                e.programme = s.programme
                AND e.journal_id = s.journal_id
                AND e.owner = s.merchant
                AND e.purse = 'claims'
                AND e.unit = s.unit
        )
    UNION ALL
    SELECT 'I12', concat_ws(' ', l.programme, l.id, l.owner, l.expires_on) FROM leg AS l
    WHERE l.kind = 'expire' AND l.owner <> 'programme' AND l.purse = 'main' AND l.expires_on >= l.posted_on
    UNION ALL
    SELECT 'I12', concat_ws(' ', l.programme, l.owner, l.unit, l.expires_on) FROM leg AS l
    WHERE l.kind = 'expire' AND l.owner <> 'programme' AND l.purse = 'main'
    GROUP BY l.programme, l.owner, l.unit, l.expires_on
    HAVING count(*) > 1
    UNION ALL
    SELECT 'I12', concat_ws(' ', b.programme, b.owner, b.unit, b.bucket_days[1]) FROM swept AS s
    INNER JOIN balance AS b
        ON b.programme = s.programme AND b.owner = s.owner AND b.unit = s.unit AND b.purse = 'main'
    WHERE b.bucket_days[1] < s.swept_on
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: recount_open_items
-- A hold or an award under notice and all that followed it leave nothing behind once it has ended.
WITH link AS MATERIALIZED (
    SELECT
        j.programme, j.id, j.kind, coalesce(j.about ->> 'follows', j.about ->> 'reverses') AS source
    FROM journal AS j
    WHERE j.kind IN ('activate', 'cancel_pending', 'capture', 'void', 'timeout', 'reverse') AND j.refusal IS NULL
),

family AS MATERIALIZED (
    SELECT o.programme, o.journal_id AS item, o.journal_id AS member FROM open_item AS o
    UNION ALL
    SELECT o.programme, o.journal_id, l.id FROM open_item AS o
    INNER JOIN link AS l ON l.programme = o.programme AND l.source = o.journal_id
),

moved AS MATERIALIZED (
    SELECT f.programme, f.item, e.owner, e.purse, e.unit, total_of(e.amount) AS total
    FROM family AS f
    INNER JOIN entry AS e ON e.programme = f.programme AND e.journal_id = f.member
    WHERE e.purse IN ('pending', 'held', 'reserved')
    GROUP BY f.programme, f.item, e.owner, e.purse, e.unit
),

standing AS (
    SELECT m.programme, m.owner, m.purse, m.unit, total_of(m.total) AS total FROM moved AS m
    INNER JOIN open_item AS o ON o.programme = m.programme AND o.journal_id = m.item
    WHERE o.ended_by IS NULL
    GROUP BY m.programme, m.owner, m.purse, m.unit
),

broken (line, example) AS (
    SELECT 'I8', concat_ws(' ', o.programme, o.journal_id) FROM open_item AS o
    LEFT JOIN link AS l ON l.programme = o.programme AND l.source = o.journal_id AND l.id = o.ended_by
    WHERE (o.ended_by IS NOT NULL AND (
        l.kind IS DISTINCT FROM o.ended_kind
        OR NOT (
            o.kind = 'hold' AND l.kind IN ('capture', 'void', 'timeout')
            OR o.kind = 'pending' AND l.kind IN ('activate', 'cancel_pending', 'reverse')
        )
    ))
    OR EXISTS (
        SELECT FROM link AS x
        WHERE
            x.programme = o.programme AND x.source = o.journal_id AND x.kind <> 'reverse'
            AND x.id IS DISTINCT FROM o.ended_by
    )
    UNION ALL
    SELECT 'I8', concat_ws(' ', m.programme, m.item, m.owner, m.purse, m.unit, m.total) FROM moved AS m
    INNER JOIN open_item AS o ON o.programme = m.programme AND o.journal_id = m.item
    WHERE o.ended_by IS NOT NULL AND m.total <> 0
    UNION ALL
    SELECT 'I8', concat_ws(' ', j.programme, j.id) FROM journal AS j
    LEFT JOIN open_item AS o ON o.programme = j.programme AND o.journal_id = j.id
    WHERE j.kind = 'hold' AND j.refusal IS NULL AND o.journal_id IS NULL
    UNION ALL
    SELECT
        'I9',
        format(
            '%s %s %s %s: %s, still open %s', coalesce(s.programme, b.programme), coalesce(s.owner, b.owner),
            coalesce(s.purse, b.purse), coalesce(s.unit, b.unit), b.total, coalesce(s.total, 0)
        )
    FROM standing AS s
    FULL JOIN (
        SELECT b.programme, b.owner, b.purse, b.unit, b.total FROM balance AS b
        WHERE b.purse IN ('pending', 'held', 'reserved')
    ) AS b ON b.programme = s.programme AND b.owner = s.owner AND b.purse = s.purse AND b.unit = s.unit
    WHERE coalesce(s.total, 0) <> coalesce(b.total, 0)
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: recount_corrections
-- Whatever a refund or a reversal moves has the other sign than the original and is never more, per owner and unit.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
),

link AS MATERIALIZED (
    SELECT
        j.programme, j.id, j.kind, (j.recorded_at AT TIME ZONE z.name)::date AS posted_on,
        coalesce(j.about ->> 'follows', j.about ->> 'reverses') AS source
    FROM journal AS j
    INNER JOIN zone AS z ON z.programme = j.programme
    WHERE j.kind IN ('refund', 'reverse') AND j.refusal IS NULL
),

undone AS MATERIALIZED (
    SELECT l.programme, l.source, e.owner, e.unit, bool_or(l.kind = 'refund') AS is_refund, total_of(e.amount) AS total
    FROM link AS l
    INNER JOIN entry AS e ON e.programme = l.programme AND e.journal_id = l.id
    GROUP BY l.programme, l.source, e.owner, e.unit
),

original AS MATERIALIZED (
    SELECT s.programme, s.source, e.owner, e.unit, total_of(e.amount) AS total
    FROM (SELECT DISTINCT l.programme, l.source FROM link AS l) AS s
    INNER JOIN entry AS e ON e.programme = s.programme AND e.journal_id = s.source
    GROUP BY s.programme, s.source, e.owner, e.unit
),

broken (line, example) AS (
    SELECT
        CASE WHEN u.is_refund THEN 'I13' ELSE 'I15' END,
        format('%s %s %s %s: %s of %s', u.programme, u.source, u.owner, u.unit, u.total, coalesce(o.total, 0))
    FROM undone AS u
    LEFT JOIN original AS o
        ON o.programme = u.programme AND o.source = u.source AND o.owner = u.owner AND o.unit = u.unit
    WHERE
        u.total <> 0 AND NOT (
            coalesce(o.total, 0) <> 0 AND sign(u.total) = -sign(o.total) AND abs(u.total) <= abs(o.total)
        )
    UNION ALL
    SELECT 'I13', concat_ws(' ', l.programme, l.id, e.owner, e.expires_on) FROM link AS l
    INNER JOIN entry AS e ON e.programme = l.programme AND e.journal_id = l.id
    WHERE l.kind = 'refund' AND e.purse = 'main' AND NOT EXISTS (
        SELECT FROM entry AS p
        WHERE
            p.programme = l.programme AND p.journal_id = l.source AND p.owner = e.owner AND p.unit = e.unit
            AND p.purse IN ('main', 'held') AND p.amount < 0
            AND (p.expires_on = e.expires_on OR p.expires_on < l.posted_on AND e.expires_on >= l.posted_on)
    )
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: screen_sales
-- Goods come to `redeemed` only by a sale, so pieces are weighed on both sides, without joining the two.
WITH sold AS (
    SELECT
        total_of(
            l.quantity
            * (1 + (hashtextextended(j.id, hashtextextended('item:' || l.item, $1::bigint)) & 1048575))
        ) AS pieces
    FROM journal AS j
    CROSS JOIN json_to_recordset(j.about -> 'lines') AS l (item text, quantity bigint)
    WHERE
        j.kind IN ('redeem', 'capture', 'late_sale') AND j.refusal IS NULL
        AND strpos(j.about::text, '"outlet":') > 0
),

handed_out AS (
    SELECT
        total_of(
            e.amount * (1 + (hashtextextended(e.journal_id, hashtextextended(e.unit, $1::bigint)) & 1048575))
        ) AS pieces
    FROM entry AS e
    WHERE e.owner = 'programme' AND e.purse = 'redeemed' AND e.unit LIKE 'item:%' AND e.amount > 0
)

SELECT s.pieces = h.pieces AS is_same FROM sold AS s
CROSS JOIN handed_out AS h;

-- name: recount_sales
WITH sold AS (
    SELECT
        j.programme, j.id, 'item:' || (l.line ->> 'item') AS unit, total_of((l.line ->> 'quantity')::bigint) AS pieces
    FROM journal AS j
    CROSS JOIN json_array_elements(j.about -> 'lines') AS l (line)
    WHERE j.kind IN ('redeem', 'capture', 'late_sale') AND j.refusal IS NULL AND j.about ->> 'outlet' IS NOT NULL
    GROUP BY j.programme, j.id, l.line ->> 'item'
),

handed_out AS (
    SELECT e.programme, e.journal_id, e.unit, total_of(e.amount) AS pieces FROM entry AS e
    WHERE e.owner = 'programme' AND e.purse = 'redeemed' AND e.unit LIKE 'item:%' AND e.amount > 0
    GROUP BY e.programme, e.journal_id, e.unit
),

broken (line, example) AS (
    SELECT 'I14', concat_ws(' ', coalesce(s.programme, h.programme), coalesce(s.id, h.journal_id)) FROM sold AS s
    FULL JOIN handed_out AS h ON h.programme = s.programme AND h.journal_id = s.id AND h.unit = s.unit
    WHERE s.pieces IS DISTINCT FROM h.pieces
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;
