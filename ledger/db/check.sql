-- name: become_owner
SET LOCAL ROLE ledger_owner;

-- name: use_the_machine
-- Few large scans: memory for hashing, a worker beside each of two cores, and no compiled code for statements run once.
SELECT
    set_config('work_mem', '128MB', TRUE),
    set_config('hash_mem_multiplier', '2', TRUE),
    set_config('max_parallel_workers_per_gather', '2', TRUE),
    set_config('parallel_setup_cost', '100', TRUE),
    set_config('parallel_tuple_cost', '0.01', TRUE),
    set_config('enable_nestloop', 'on', TRUE),
    set_config('statement_timeout', '0', TRUE);

-- name: recount_accounts
-- One pass over all entries. A chain is whole when each entry starts where the one before ended: compared as sets of
-- (version, balance) by an exclusive-or of hashes under a seed of this run, which needs no sorting. Transactions are
-- weighed by hashes under the same seed: all are even, and as long as their journal lines say, if the sums agree. So
-- are buckets: an account's entries weigh what its buckets do, each by its day.
-- Two wrongs hide each other in one run of a million, and the next run has another seed.
WITH by_account AS MATERIALIZED (
    SELECT
        e.programme, e.owner, e.purse, e.unit, total_of(e.amount) AS total,
        min(CASE WHEN e.purse = 'debt' THEN -e.balance_after ELSE e.balance_after END) AS least,
        bit_xor(int8xor(
            hashint8extended(e.balance_after, e.account_version + $1::bigint),
            hashint8extended(e.balance_after - e.amount, e.account_version - 1 + $1::bigint)
        )) AS links,
        total_of(
            e.amount * (1 + (hashint8extended(e.expires_on - date '2000-01-01', $1::bigint) & 1048575))
        ) AS by_day,
        total_of(
            e.amount * (1 + (hashtextextended(e.journal_id, hashtextextended(e.unit, $1::bigint)) & 1048575))
        ) AS weighed,
        total_of(1 + (hashtextextended(e.journal_id, $1::bigint) & 1048575)) AS parts
    FROM entry AS e
    GROUP BY e.programme, e.owner, e.purse, e.unit
),

paired AS MATERIALIZED (
    SELECT
        coalesce(r.programme, b.programme) AS programme,
        coalesce(r.owner, b.owner) AS owner,
        coalesce(r.purse, b.purse) AS purse,
        coalesce(r.unit, b.unit) AS unit,
        concat_ws(
            ' ', coalesce(r.programme, b.programme), coalesce(r.owner, b.owner), coalesce(r.purse, b.purse),
            coalesce(r.unit, b.unit)
        ) AS place,
        coalesce(r.total, 0) AS total, r.least, coalesce(r.links, 0) AS links, coalesce(r.by_day, 0) AS by_day,
        b.total AS kept_total,
        b.account_version AS kept_version,
        b.floor_amount AS kept_floor, b.bucket_days, b.bucket_amounts
    FROM by_account AS r
    FULL JOIN balance AS b
        ON b.programme = r.programme AND b.owner = r.owner AND b.purse = r.purse AND b.unit = r.unit
),

broken (line, example) AS (
    SELECT 'I2', concat_ws(' ', p.programme, p.unit, total_of(p.total)) FROM paired AS p
    GROUP BY p.programme, p.unit
    HAVING total_of(p.total) <> 0
    UNION ALL
    SELECT 'I3', format('%s: %s, entries say %s', p.place, p.kept_total, p.total) FROM paired AS p
    WHERE p.total IS DISTINCT FROM p.kept_total
    UNION ALL
    SELECT 'I4', format('%s: version %s', p.place, p.kept_version) FROM paired AS p
    WHERE
        p.links IS DISTINCT FROM int8xor(
            hashint8extended(p.total, p.kept_version + $1::bigint), hashint8extended(0, $1::bigint)
        )
    UNION ALL
    SELECT 'I5', concat_ws(' ', p.programme, p.unit, total_of(p.kept_total)) FROM paired AS p
    GROUP BY p.programme, p.unit
    HAVING
        coalesce(total_of(p.kept_total) FILTER (WHERE p.owner = 'programme'), 0)
        <> -coalesce(total_of(p.kept_total) FILTER (WHERE p.owner <> 'programme'), 0)
    UNION ALL
    SELECT 'I6', format('%s: %s', p.place, least(p.least, p.kept_total)) FROM paired AS p
    WHERE
        CASE
            WHEN p.owner = 'programme' OR p.purse IN ('claims', 'till') THEN FALSE
            WHEN p.purse = 'debt' THEN least(p.least, -p.kept_total) < 0
            ELSE p.kept_floor IS NULL OR least(p.least, p.kept_total) < p.kept_floor
        END
    UNION ALL
    SELECT 'I6', format('%s is closed and holds %s', p.place, p.kept_total) FROM paired AS p
    INNER JOIN account AS a ON a.programme = p.programme AND a.owner = p.owner AND a.purse = p.purse AND a.is_closed
    WHERE p.kept_total <> 0
    UNION ALL
    SELECT 'buckets', '' FROM paired AS p
    LEFT JOIN LATERAL (
        SELECT
            total_of(
                d.amount * (1 + (hashint8extended(d.expires_on - date '2000-01-01', $1::bigint) & 1048575))
            ) AS by_day,
            min(d.amount) AS least
        FROM unnest(p.bucket_days, p.bucket_amounts) AS d (expires_on, amount)
    ) AS k ON TRUE
    WHERE
        k.least <= 0 OR coalesce(k.by_day, 0) <> CASE
            WHEN p.owner <> 'programme' AND p.purse IN ('main', 'pending', 'held') THEN p.by_day
            ELSE 0
        END
    UNION ALL
    SELECT 'I10', concat_ws(' ', b.programme, b.owner, b.purse, b.unit, b.bucket_days) FROM balance AS b
    WHERE
        cardinality(b.bucket_days) <> cardinality(b.bucket_amounts) OR EXISTS (
            SELECT FROM unnest(b.bucket_days) WITH ORDINALITY AS d (expires_on, place)
            WHERE d.place > 1 AND d.expires_on <= b.bucket_days[d.place - 1]
        )
    UNION ALL
    SELECT 'account', p.place FROM paired AS p
    LEFT JOIN account AS a ON a.programme = p.programme AND a.owner = p.owner AND a.purse = p.purse
    LEFT JOIN unit AS u ON u.programme = p.programme AND u.unit = p.unit
    WHERE u.unit IS NULL OR a.owner IS NULL OR a.floor_amount IS DISTINCT FROM p.kept_floor
    UNION ALL
    SELECT 'transactions', ''
    FROM (SELECT total_of(r.weighed) AS weighed, total_of(r.parts) AS parts FROM by_account AS r) AS d
    CROSS JOIN (
        SELECT total_of(j.entry_count * (1 + (hashtextextended(j.id, $1::bigint) & 1048575))) AS parts
        FROM journal AS j
    ) AS j
    WHERE d.weighed <> 0 OR d.parts IS DISTINCT FROM j.parts
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: recount_buckets
WITH said AS (
    SELECT e.programme, e.owner, e.purse, e.unit, e.expires_on, total_of(e.amount) AS moved FROM entry AS e
    WHERE e.owner <> 'programme' AND e.purse IN ('main', 'pending', 'held')
    GROUP BY e.programme, e.owner, e.purse, e.unit, e.expires_on
    HAVING total_of(e.amount) <> 0
),

kept AS (
    SELECT b.programme, b.owner, b.purse, b.unit, d.expires_on, d.amount FROM balance AS b
    CROSS JOIN unnest(b.bucket_days, b.bucket_amounts) AS d (expires_on, amount)
),

broken (line, example) AS (
    SELECT
        'I10',
        format(
            '%s %s %s %s %s: %s, entries say %s', coalesce(d.programme, k.programme), coalesce(d.owner, k.owner),
            coalesce(d.purse, k.purse), coalesce(d.unit, k.unit), coalesce(d.expires_on, k.expires_on), k.amount,
            coalesce(d.moved, 0)
        )
    FROM said AS d
    FULL JOIN kept AS k
        ON
            k.programme = d.programme AND k.owner = d.owner AND k.purse = d.purse AND k.unit = d.unit
            AND k.expires_on = d.expires_on
    WHERE coalesce(d.moved, 0) <> coalesce(k.amount, 0) OR k.amount <= 0
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: recount_transactions
WITH by_unit AS (
    SELECT
        e.programme, e.journal_id, e.unit, total_of(e.amount) AS total, count(*) AS entries, total_of(e.line) AS lines
    FROM entry AS e
    GROUP BY e.programme, e.journal_id, e.unit
),

by_transaction AS (
    SELECT
        u.programme, u.journal_id, total_of(u.entries) AS entries, total_of(u.lines) AS lines,
        bool_or(u.total <> 0) AS is_uneven
    FROM by_unit AS u
    GROUP BY u.programme, u.journal_id
),

paired AS MATERIALIZED (
    SELECT
        concat_ws(' ', coalesce(t.programme, j.programme), coalesce(t.journal_id, j.id)) AS place,
        t.is_uneven OR t.entries < 2 AS is_broken,
        j.id IS NULL OR coalesce(t.entries, 0) <> j.entry_count
        OR t.lines <> j.entry_count::bigint * (j.entry_count - 1) / 2 AS is_torn
    FROM by_transaction AS t
    FULL JOIN (
        SELECT j.programme, j.id, j.entry_count FROM journal AS j
        WHERE j.entry_count > 0
    ) AS j ON j.programme = t.programme AND j.id = t.journal_id
),

broken (line, example) AS (
    SELECT 'I1', p.place FROM paired AS p
    WHERE p.is_broken
    UNION ALL
    SELECT 'entry', p.place FROM paired AS p
    WHERE p.is_torn
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;
