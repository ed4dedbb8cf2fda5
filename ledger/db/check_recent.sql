-- name: recount_recent_entries
-- What was posted since, and the accounts that it touched. LATERAL with OFFSET pins one index look-up a row: what is
-- recent is little, whatever a planner makes of tables that have just grown.
WITH recent AS MATERIALIZED (
    SELECT j.programme, j.id, j.kind, j.entry_count FROM journal AS j
    WHERE j.recorded_at >= $1
),

leg AS MATERIALIZED (
    SELECT
        r.kind, r.programme, r.id, r.entry_count, e.owner, e.purse, e.unit, e.line, e.account_version, e.expires_on,
        e.amount, e.balance_after
    FROM recent AS r
    LEFT JOIN LATERAL (
        SELECT e.owner, e.purse, e.unit, e.line, e.account_version, e.expires_on, e.amount, e.balance_after
        FROM entry AS e
        WHERE e.journal_id = r.id AND e.programme = r.programme
        OFFSET 0
    ) AS e ON TRUE
),

touched AS MATERIALIZED (
    SELECT DISTINCT l.programme, l.owner, l.purse, l.unit FROM leg AS l
    WHERE l.owner IS NOT NULL
),

standing AS MATERIALIZED (
    SELECT
        t.programme, t.owner, t.purse, t.unit, concat_ws(' ', t.programme, t.owner, t.purse, t.unit) AS place,
        b.total, b.account_version, b.bucket_days, b.bucket_amounts, e.balance_after, e.account_version AS last_version,
        b.floor_amount,
        (a.purse IS NULL OR u.unit IS NULL OR a.floor_amount IS DISTINCT FROM b.floor_amount) AS is_lost
    FROM touched AS t
    LEFT JOIN balance AS b
        ON b.programme = t.programme AND b.owner = t.owner AND b.purse = t.purse AND b.unit = t.unit
    LEFT JOIN account AS a ON a.programme = t.programme AND a.owner = t.owner AND a.purse = t.purse
    LEFT JOIN unit AS u ON u.programme = t.programme AND u.unit = t.unit
    LEFT JOIN LATERAL (
        SELECT e.balance_after, e.account_version FROM entry AS e
        WHERE e.programme = t.programme AND e.owner = t.owner AND e.purse = t.purse AND e.unit = t.unit
        ORDER BY e.account_version DESC
        LIMIT 1
    ) AS e ON TRUE
),

day_said AS (
    SELECT s.place, e.expires_on, total_of(e.amount) AS amount FROM standing AS s
    CROSS JOIN
        LATERAL (
            SELECT e.expires_on, e.amount FROM entry AS e
            WHERE e.programme = s.programme AND e.owner = s.owner AND e.purse = s.purse AND e.unit = s.unit
            OFFSET 0
        ) AS e
    WHERE s.owner <> 'programme' AND s.purse IN ('main', 'pending', 'held')
    GROUP BY s.place, e.expires_on
),

day_kept AS (
    SELECT s.place, d.expires_on, d.amount FROM standing AS s
    CROSS JOIN unnest(s.bucket_days, s.bucket_amounts) AS d (expires_on, amount)
),

broken (line, example) AS (
    SELECT 'I1', concat_ws(' ', l.programme, l.id) FROM leg AS l
    WHERE l.owner IS NOT NULL
    GROUP BY l.programme, l.id, l.unit
    HAVING total_of(l.amount) <> 0 OR bool_or(l.amount = 0)
    UNION ALL
    SELECT 'entry', concat_ws(' ', l.programme, l.id) FROM leg AS l
    GROUP BY l.programme, l.id, l.entry_count
    HAVING
        count(l.owner) <> l.entry_count OR count(l.owner) = 1
        OR coalesce(total_of(l.line), 0) <> l.entry_count::bigint * (l.entry_count - 1) / 2
    UNION ALL
    SELECT 'I3', format('%s: %s, its last entry says %s', s.place, s.total, s.balance_after) FROM standing AS s
    WHERE s.total IS DISTINCT FROM s.balance_after
    UNION ALL
    SELECT 'I4', format('%s: version %s, its last entry says %s', s.place, s.account_version, s.last_version)
    FROM standing AS s
    WHERE s.account_version IS DISTINCT FROM s.last_version
    UNION ALL
    SELECT 'I4', concat_ws(' ', l.programme, l.owner, l.purse, l.unit, l.account_version) FROM leg AS l
    LEFT JOIN entry AS p
        ON
            p.programme = l.programme AND p.owner = l.owner AND p.purse = l.purse AND p.unit = l.unit
            AND p.account_version = l.account_version - 1
    WHERE
        l.owner IS NOT NULL AND l.balance_after - l.amount IS DISTINCT FROM
        CASE WHEN l.account_version = 1 THEN 0 ELSE p.balance_after END
    UNION ALL
    SELECT 'I5', concat_ws(' ', b.programme, b.unit, total_of(b.total)) FROM balance AS b
    WHERE b.programme IN (SELECT t.programme FROM touched AS t)
    GROUP BY b.programme, b.unit
    HAVING total_of(b.total) <> 0
    UNION ALL
    SELECT 'I6', format('%s %s %s %s: %s', l.programme, l.owner, l.purse, l.unit, l.balance_after) FROM leg AS l
    INNER JOIN standing AS s
        ON s.programme = l.programme AND s.owner = l.owner AND s.purse = l.purse AND s.unit = l.unit
    WHERE
        CASE
            WHEN l.owner = 'programme' OR l.purse IN ('claims', 'till') THEN FALSE
            WHEN l.purse = 'debt' THEN l.balance_after > 0
            ELSE s.floor_amount IS NULL OR l.balance_after < s.floor_amount
        END
    UNION ALL
    SELECT
        'I10',
        format(
            '%s %s: %s, entries say %s', coalesce(d.place, k.place), coalesce(d.expires_on, k.expires_on), k.amount,
            coalesce(d.amount, 0)
        )
    FROM day_said AS d
    FULL JOIN day_kept AS k ON k.place = d.place AND k.expires_on = d.expires_on
    WHERE coalesce(d.amount, 0) <> coalesce(k.amount, 0) OR k.amount <= 0
    UNION ALL
    SELECT 'I19', concat_ws(' ', l.programme, l.owner, l.id) FROM leg AS l
    WHERE
        l.purse = 'claims' AND l.kind <> 'reverse'
        AND CASE
            WHEN l.amount > 0 THEN l.kind NOT IN ('redeem', 'capture', 'late_sale')
            ELSE l.kind NOT IN ('refund', 'settle')
        END
    UNION ALL
    SELECT 'I7', concat_ws(' ', l.programme, l.id) FROM leg AS l
    WHERE l.kind = 'split'
    GROUP BY l.programme, l.id
    HAVING
        count(DISTINCT l.unit) <> 1 OR count(*) FILTER (WHERE l.amount < 0) <> 1
        OR bool_or(l.amount < 0 AND l.purse <> 'fund')
    UNION ALL
    SELECT 'account', s.place FROM standing AS s
    WHERE s.is_lost
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: recount_recent_lines
-- What the journal lines since then say, each beside what it names.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
),

recent AS MATERIALIZED (
    SELECT
        j.programme, j.id, j.kind, j.recorded_at, j.effective_on, j.entry_count, j.about, j.refusal,
        coalesce(j.about ->> 'follows', j.about ->> 'reverses') AS source,
        j.refusal IS NOT NULL AND (
            j.entry_count <> 0 OR j.counts IS NOT NULL OR j.trace IS NOT NULL OR j.refusal ->> 'reason' IS NULL
        ) AS leaves_traces
    FROM journal AS j
    WHERE j.recorded_at >= $1
),

followed AS MATERIALIZED (
    SELECT r.programme, r.id, r.kind, r.source, s.id AS found, s.refusal IS NULL AS is_posted FROM recent AS r
    LEFT JOIN LATERAL (
        SELECT s.id, s.refusal FROM journal AS s
        WHERE s.programme = r.programme AND s.id = r.source
        LIMIT 1
    ) AS s ON TRUE
    WHERE r.refusal IS NULL AND r.kind IN (
        'activate', 'cancel_pending', 'capture', 'void', 'timeout', 'refund', 'reverse', 'rerate'
    )
),

corrected AS MATERIALIZED (
    SELECT f.programme, f.id, f.kind, f.source, e.owner, e.unit, total_of(e.amount) AS total FROM followed AS f
    CROSS JOIN
        LATERAL (
            SELECT e.owner, e.unit, e.amount FROM entry AS e
            WHERE e.journal_id = f.id AND e.programme = f.programme
            OFFSET 0
        ) AS e
    WHERE f.kind IN ('refund', 'reverse')
    GROUP BY f.programme, f.id, f.kind, f.source, e.owner, e.unit
),

original AS MATERIALIZED (
    SELECT c.programme, c.source, e.owner, e.unit, total_of(e.amount) AS total
    FROM (SELECT DISTINCT c.programme, c.source FROM corrected AS c) AS c
    CROSS JOIN
        LATERAL (
            SELECT e.owner, e.unit, e.amount FROM entry AS e
            WHERE e.journal_id = c.source AND e.programme = c.programme
            OFFSET 0
        ) AS e
    GROUP BY c.programme, c.source, e.owner, e.unit
),

sold AS (
    SELECT
        r.programme, r.id, 'item:' || (l.line ->> 'item') AS unit, total_of((l.line ->> 'quantity')::bigint) AS pieces
    FROM recent AS r
    CROSS JOIN json_array_elements(r.about -> 'lines') AS l (line)
    WHERE r.kind IN ('redeem', 'capture', 'late_sale') AND r.refusal IS NULL AND r.about ->> 'outlet' IS NOT NULL
    GROUP BY r.programme, r.id, l.line ->> 'item'
),

handed_out AS (
    SELECT r.programme, r.id, e.unit, total_of(e.amount) AS pieces FROM recent AS r
    CROSS JOIN
        LATERAL (
            SELECT e.unit, e.amount FROM entry AS e
            WHERE
                e.journal_id = r.id AND e.programme = r.programme AND e.owner = 'programme' AND e.purse = 'redeemed'
                AND e.amount > 0
            OFFSET 0
        ) AS e
    WHERE e.unit LIKE 'item:%'
    GROUP BY r.programme, r.id, e.unit
),

broken (line, example) AS (
    SELECT 'I8', concat_ws(' ', f.programme, f.id) FROM followed AS f
    LEFT JOIN open_item AS o ON o.programme = f.programme AND o.journal_id = f.source
    WHERE
        f.kind IN ('activate', 'cancel_pending', 'capture', 'void', 'timeout')
        AND (o.ended_by IS DISTINCT FROM f.id OR o.ended_kind IS DISTINCT FROM f.kind)
    UNION ALL
    SELECT 'I8', concat_ws(' ', r.programme, r.id) FROM recent AS r
    LEFT JOIN open_item AS o ON o.programme = r.programme AND o.journal_id = r.id
    WHERE r.kind = 'hold' AND r.refusal IS NULL AND o.journal_id IS NULL
    UNION ALL
    SELECT 'I12', concat_ws(' ', r.programme, r.id, e.owner, e.expires_on) FROM recent AS r
    INNER JOIN zone AS z ON z.programme = r.programme
    CROSS JOIN
        LATERAL (
            SELECT e.owner, e.expires_on FROM entry AS e
            WHERE e.journal_id = r.id AND e.programme = r.programme AND e.owner <> 'programme' AND e.purse = 'main'
            OFFSET 0
        ) AS e
    WHERE r.kind = 'expire' AND e.expires_on >= (r.recorded_at AT TIME ZONE z.name)::date
    UNION ALL
    SELECT
        CASE c.kind WHEN 'refund' THEN 'I13' ELSE 'I15' END,
        format('%s %s %s %s: %s of %s', c.programme, c.id, c.owner, c.unit, c.total, coalesce(o.total, 0))
    FROM corrected AS c
    LEFT JOIN original AS o
        ON o.programme = c.programme AND o.source = c.source AND o.owner = c.owner AND o.unit = c.unit
    WHERE
        c.total <> 0 AND NOT (
            coalesce(o.total, 0) <> 0 AND sign(c.total) = -sign(o.total) AND abs(c.total) <= abs(o.total)
        )
    UNION ALL
    SELECT 'I14', concat_ws(' ', coalesce(s.programme, h.programme), coalesce(s.id, h.id)) FROM sold AS s
    FULL JOIN handed_out AS h ON h.programme = s.programme AND h.id = s.id AND h.unit = s.unit
    WHERE s.pieces IS DISTINCT FROM h.pieces
    UNION ALL
    SELECT 'I16', concat_ws(' ', r.programme, r.id) FROM recent AS r
    WHERE r.leaves_traces
    UNION ALL
    SELECT 'I20', concat_ws(' ', r.programme, r.id) FROM recent AS r
    LEFT JOIN outbox AS o ON o.programme = r.programme AND o.journal_id = r.id
    LEFT JOIN seal_leaf AS l ON l.programme = r.programme AND l.journal_id = r.id
    WHERE (o.journal_id IS NULL) = (l.journal_id IS NULL)
    UNION ALL
    SELECT 'source', concat_ws(' ', f.programme, f.id) FROM followed AS f
    WHERE f.found IS NULL OR NOT f.is_posted
    UNION ALL
    SELECT 'rule', concat_ws(' ', r.programme, r.id) FROM recent AS r
    WHERE
        r.kind IN ('award', 'donate') AND r.refusal IS NULL AND NOT EXISTS (
            SELECT FROM publication AS p
            CROSS JOIN json_array_elements(p.body -> 'rules') AS x (rule)
            WHERE
                p.programme = r.programme AND p.kind = 'rulebook' AND p.digest = r.about ->> 'rulebook'
                AND x.rule ->> 'id' = r.about ->> 'rule'
        )
    UNION ALL
    SELECT 'period', concat_ws(' ', r.programme, r.id, r.effective_on) FROM recent AS r
    INNER JOIN closed_period AS p ON p.programme = r.programme
    WHERE r.effective_on <= p.closed_through AND r.recorded_at > p.closed_at AND r.refusal IS NULL
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: list_recent_moves
-- Every change, from the first on, of the purses with buckets that were touched since then.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
),

touched AS MATERIALIZED (
    SELECT DISTINCT j.programme, e.owner, e.unit FROM journal AS j
    CROSS JOIN
        LATERAL (
            SELECT e.owner, e.unit FROM entry AS e
            WHERE e.journal_id = j.id AND e.programme = j.programme AND e.purse = 'main' AND e.owner <> 'programme'
            OFFSET 0
        ) AS e
    WHERE j.recorded_at >= $1
)

SELECT
    t.programme, t.owner, t.unit, e.journal_id, j.kind, (j.recorded_at AT TIME ZONE z.name)::date AS posted_on,
    e.expires_on, e.amount
FROM touched AS t
INNER JOIN zone AS z ON z.programme = t.programme
CROSS JOIN
    LATERAL (
        SELECT e.journal_id, e.expires_on, e.amount, e.account_version FROM entry AS e
        WHERE e.programme = t.programme AND e.owner = t.owner AND e.purse = 'main' AND e.unit = t.unit
        OFFSET 0
    ) AS e
CROSS JOIN
    LATERAL (
        SELECT j.kind, j.recorded_at FROM journal AS j
        WHERE j.programme = t.programme AND j.id = e.journal_id
        LIMIT 1
    ) AS j
ORDER BY t.programme, t.owner, t.unit, e.account_version;
