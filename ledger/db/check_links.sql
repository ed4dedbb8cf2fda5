-- name: screen_keys
-- Both sides as sets: their sizes, and an exclusive-or of hashes of their members. A group's members have no keys.
WITH claimed AS (
    SELECT
        count(*) AS lines,
        bit_xor(hashtextextended(k.journal_id, hashtextextended(k.programme || k.principal, $1::bigint))) AS members
    FROM idempotency_key AS k
),

written AS (
    SELECT
        count(*) AS lines,
        bit_xor(hashtextextended(j.id, hashtextextended(j.programme || j.principal, $1::bigint))) AS members
    FROM journal AS j
),

grouped AS (
    SELECT
        count(*) AS lines,
        coalesce(
            bit_xor(hashtextextended(m.id, hashtextextended(j.programme || j.principal, $1::bigint))), 0
        ) AS members
    FROM journal AS j
    CROSS JOIN json_array_elements_text(j.about -> 'members') AS m (id)
    WHERE strpos(j.about::text, '"members"') > 0 AND m.id <> j.id
)

SELECT c.lines = w.lines - g.lines AND coalesce(c.members = int8xor(w.members, g.members), TRUE) AS is_same
FROM claimed AS c
CROSS JOIN written AS w
CROSS JOIN grouped AS g;

-- name: recount_keys
WITH claimed AS (
    SELECT k.programme, k.journal_id, count(*) AS claims, min(k.principal) AS principal FROM idempotency_key AS k
    GROUP BY k.programme, k.journal_id
),

unclaimed AS MATERIALIZED (
    SELECT coalesce(c.programme, j.programme) AS programme, coalesce(c.journal_id, j.id) AS id
    FROM claimed AS c
    FULL JOIN (SELECT j.programme, j.id, j.principal FROM journal AS j) AS j
        ON j.programme = c.programme AND j.id = c.journal_id
    WHERE c.claims IS DISTINCT FROM 1 OR c.principal IS DISTINCT FROM j.principal
),

broken (line, example) AS (
    -- One key leads to all members of a group.
    SELECT 'I16', concat_ws(' ', u.programme, u.id) FROM unclaimed AS u
    WHERE
        NOT EXISTS (
            SELECT FROM journal AS h
            CROSS JOIN json_array_elements_text(h.about -> 'members') AS m (id)
            WHERE
                h.programme = u.programme AND m.id = u.id AND h.about ->> 'members' IS NOT NULL
                AND h.id <> u.id AND EXISTS (
                    SELECT FROM idempotency_key AS k
                    WHERE k.programme = h.programme AND k.journal_id = h.id
                )
        )
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: find_refusals_with_traces
WITH broken (line, example) AS (
    SELECT 'I16', concat_ws(' ', j.programme, j.id) FROM journal AS j
    WHERE j.refusal IS NOT NULL AND (
        j.entry_count <> 0 OR j.counts IS NOT NULL OR j.trace IS NOT NULL OR j.refusal ->> 'reason' IS NULL
        OR EXISTS (
            SELECT FROM open_item AS o
            WHERE o.programme = j.programme AND o.journal_id = j.id
        )
    )
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: screen_counters
-- The text of a count up to its number is what the counter's names make; each number is weighed by it.
WITH counted AS (
    SELECT
        total_of(
            substr(c.line, length(n.names) + 1, length(c.line) - length(n.names) - 1)::bigint
            * (1 + (hashtextextended(n.names, hashtextextended(j.programme, $1::bigint)) & 1048575))
        ) AS used
    FROM journal AS j
    CROSS JOIN json_array_elements_text(j.counts) AS c (line)
    CROSS JOIN rtrim(c.line, '-0123456789]') AS n (names)
    WHERE j.counts IS NOT NULL
),

kept AS (
    SELECT
        total_of(c.used * (1 + (hashtextextended(
            '["' || c.counter || '","' || c.subject || '","' || c.period || '",',
            hashtextextended(c.programme, $1::bigint)
        ) & 1048575))) AS used
    FROM counter AS c
)

SELECT n.used = k.used AS is_same FROM counted AS n
CROSS JOIN kept AS k;

-- name: recount_counters
WITH counted AS (
    SELECT
        j.programme, n.line ->> 0 AS counter, n.line ->> 1 AS subject, n.line ->> 2 AS period,
        total_of((n.line ->> 3)::bigint) AS used
    FROM journal AS j
    CROSS JOIN json_array_elements(j.counts) AS n (line)
    WHERE j.counts IS NOT NULL
    GROUP BY j.programme, n.line ->> 0, n.line ->> 1, n.line ->> 2
),

broken (line, example) AS (
    SELECT
        'I17',
        format(
            '%s %s %s %s: %s, journal says %s', coalesce(n.programme, c.programme), coalesce(n.counter, c.counter),
            coalesce(n.subject, c.subject), coalesce(n.period, c.period), c.used, coalesce(n.used, 0)
        )
    FROM counted AS n
    FULL JOIN counter AS c
        ON c.programme = n.programme AND c.counter = n.counter AND c.subject = n.subject AND c.period = n.period
    WHERE coalesce(n.used, 0) <> coalesce(c.used, 0)
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: find_overruns
-- $1, $2, $3: programmes, counter names, and the highest limit that any published version has given them. A household
-- that took in another has used what both have used.
WITH broken (line, example) AS (
    SELECT 'I17', format('%s %s %s %s: %s of %s', c.programme, c.counter, c.subject, c.period, c.used, l.most)
    FROM unnest($1::text [], $2::text [], $3::bigint []) AS l (programme, counter, most)
    INNER JOIN counter AS c ON c.programme = l.programme AND c.counter = l.counter AND c.used > l.most
    WHERE
        NOT EXISTS (
            SELECT FROM household_change AS h
            WHERE h.programme = c.programme AND h.kind = 'merge' AND h.other = c.subject
        )
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: follow_links
-- What foreign keys would say, looked at here because they would cost time at every posting.
WITH rule AS MATERIALIZED (
    SELECT p.programme, p.digest, r.rule ->> 'id' AS rule FROM publication AS p
    CROSS JOIN json_array_elements(p.body -> 'rules') AS r (rule)
    WHERE p.kind = 'rulebook'
),

link AS (
    SELECT j.programme, j.id, coalesce(j.about ->> 'follows', j.about ->> 'reverses') AS source FROM journal AS j
    WHERE j.refusal IS NULL AND j.kind IN (
        'activate', 'cancel_pending', 'capture', 'void', 'timeout', 'refund', 'reverse', 'rerate'
    )
),

cited AS (
    SELECT
        j.programme, j.about ->> 'rulebook' AS digest, j.about ->> 'rule' AS rule,
        count(*) AS times, min(j.id) AS id
    FROM journal AS j
    WHERE j.kind IN ('award', 'donate', 'activate') AND j.refusal IS NULL
    GROUP BY j.programme, j.about ->> 'rulebook', j.about ->> 'rule'
),

broken (line, example, times) AS (
    SELECT 'rule', concat_ws(' ', c.programme, c.digest, c.rule, c.id), c.times FROM cited AS c
    WHERE
        NOT EXISTS (
            SELECT FROM rule AS r
            WHERE r.programme = c.programme AND r.digest = c.digest AND r.rule = c.rule
        )
    UNION ALL
    SELECT 'rule', concat_ws(' ', p.programme, p.kind, p.version), 1 FROM publication AS p
    WHERE p.digest <> encode(sha256(convert_to(p.body::text, 'UTF8')), 'hex')
    UNION ALL
    SELECT 'source', concat_ws(' ', l.programme, l.id), 1 FROM link AS l
    LEFT JOIN journal AS s ON s.programme = l.programme AND s.id = l.source AND s.refusal IS NULL
    WHERE s.id IS NULL
    UNION ALL
    SELECT 'source', concat_ws(' ', o.programme, o.journal_id), 1 FROM open_item AS o
    LEFT JOIN journal AS s ON s.programme = o.programme AND s.id = o.journal_id AND s.refusal IS NULL
    WHERE s.id IS NULL
    UNION ALL
    SELECT 'period', concat_ws(' ', j.programme, j.id, j.effective_on), 1 FROM closed_period AS p
    INNER JOIN journal AS j ON j.programme = p.programme
    WHERE j.effective_on <= p.closed_through AND j.recorded_at > p.closed_at AND j.refusal IS NULL
    UNION ALL
    SELECT 'activity', concat_ws(' ', a.programme, a.id), 1 FROM activity AS a
    LEFT JOIN journal AS s ON s.programme = a.programme AND s.id = a.journal_id
    WHERE a.journal_id IS NOT NULL AND (s.id IS NULL OR s.about ->> 'activity' IS DISTINCT FROM a.id)
)

SELECT b.line, total_of(b.times) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: screen_seals
-- What is sealed and what waits are together the journal, and every leaf has its salts; each as sets.
WITH sealed AS (
    SELECT
        count(*) AS lines,
        coalesce(bit_xor(hashtextextended(l.journal_id, hashtextextended(l.programme, $1::bigint))), 0) AS members,
        coalesce(bit_xor(hashint8extended(l.position, hashtextextended(l.programme, $1::bigint))), 0) AS places
    FROM seal_leaf AS l
),

waiting AS (
    SELECT
        count(*) AS lines,
        coalesce(bit_xor(hashtextextended(o.journal_id, hashtextextended(o.programme, $1::bigint))), 0) AS members
    FROM outbox AS o
),

written AS (
    SELECT
        count(*) AS lines,
        coalesce(bit_xor(hashtextextended(j.id, hashtextextended(j.programme, $1::bigint))), 0) AS members
    FROM journal AS j
),

salted AS (
    SELECT
        count(*) AS lines,
        coalesce(bit_xor(hashint8extended(s.position, hashtextextended(s.programme, $1::bigint))), 0) AS places
    FROM seal_salt AS s
)

SELECT
    l.lines + w.lines = j.lines AND int8xor(l.members, w.members) = j.members
    AND s.lines = l.lines AND s.places = l.places AS is_same
FROM sealed AS l
CROSS JOIN waiting AS w
CROSS JOIN written AS j
CROSS JOIN salted AS s;

-- name: recount_seals
WITH known (programme, journal_id) AS (
    SELECT l.programme, l.journal_id FROM seal_leaf AS l
    UNION ALL
    SELECT o.programme, o.journal_id FROM outbox AS o
),

counted AS (
    SELECT k.programme, k.journal_id, count(*) AS times FROM known AS k
    GROUP BY k.programme, k.journal_id
),

broken (line, example) AS (
    SELECT 'I20', concat_ws(' ', coalesce(c.programme, j.programme), coalesce(c.journal_id, j.id)) FROM counted AS c
    FULL JOIN (SELECT j.programme, j.id FROM journal AS j) AS j ON j.programme = c.programme AND j.id = c.journal_id
    WHERE j.id IS NULL OR c.times IS DISTINCT FROM 1
    UNION ALL
    SELECT 'I20', concat_ws(' ', coalesce(l.programme, s.programme), coalesce(l.position, s.position))
    FROM seal_leaf AS l
    FULL JOIN seal_salt AS s ON s.programme = l.programme AND s.position = l.position
    WHERE l.position IS NULL OR s.position IS NULL
)

SELECT b.line, count(*) AS broken, (array_agg(b.example ORDER BY b.example))[1:5] AS examples
FROM broken AS b
GROUP BY b.line;

-- name: measure_logs
SELECT
    coalesce(l.programme, c.programme) AS programme, coalesce(l.leaves, 0) AS leaves,
    coalesce(l.last_position + 1, 0) AS places, coalesce(c.size, 0) AS size, c.root
FROM (
    SELECT l.programme, count(*) AS leaves, max(l.position) AS last_position FROM seal_leaf AS l
    GROUP BY l.programme
) AS l
FULL JOIN (
    SELECT DISTINCT ON (c.programme) c.programme, c.size, c.root FROM seal_checkpoint AS c
    ORDER BY c.programme, c.size DESC
) AS c ON c.programme = l.programme
ORDER BY 1;

-- name: list_tiles
SELECT t.programme, t.level, t.place, t.digests FROM seal_tile AS t
ORDER BY t.programme, t.level, t.place;

-- name: list_rulebooks
SELECT p.programme, p.body FROM publication AS p
WHERE p.kind = 'rulebook'
ORDER BY p.programme, p.revision;

-- name: list_purses
-- Every purse with buckets as its moves in their order, under a number: sorting millions by names takes five times as
-- long. Two purses of one number would look out of order and be looked at by their names.
SELECT
    e.purse, array_agg(e.expires_on - date '2000-01-01' ORDER BY e.account_version) AS days,
    array_agg(e.amount ORDER BY e.account_version) AS amounts
FROM (
    SELECT
        hashtextextended(e.owner, hashtextextended(e.unit, hashtextextended(e.programme, $1::bigint))) AS purse,
        e.account_version, e.expires_on, e.amount
    FROM entry AS e
    WHERE e.purse = 'main' AND e.owner <> 'programme'
) AS e
GROUP BY e.purse;

-- name: list_late_purses
-- Where an ordinary debit took a bucket that had lapsed. What lapses after the last line of the journal cannot have.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
)

SELECT DISTINCT
    hashtextextended(e.owner, hashtextextended(e.unit, hashtextextended(e.programme, $1::bigint))) AS purse
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
INNER JOIN zone AS z ON z.programme = j.programme
WHERE
    e.purse = 'main' AND e.owner <> 'programme' AND e.amount < 0 AND j.kind = ANY($2::text [])
    AND e.expires_on < (SELECT max(l.recorded_at)::date + 2 FROM journal AS l)
    AND e.expires_on < (j.recorded_at AT TIME ZONE z.name)::date;

-- name: list_moves
-- Every change of these purses, in its order, with the kind and the day of its transaction.
WITH zone AS MATERIALIZED (
    SELECT DISTINCT ON (p.programme) p.programme, coalesce(p.body ->> 'time_zone', 'Asia/Shanghai') AS name
    FROM publication AS p
    WHERE p.kind = 'programme'
    ORDER BY p.programme, p.revision DESC
)

SELECT
    e.programme, e.owner, e.unit, e.journal_id, j.kind, (j.recorded_at AT TIME ZONE z.name)::date AS posted_on,
    e.expires_on, e.amount
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
INNER JOIN zone AS z ON z.programme = j.programme
WHERE
    e.purse = 'main' AND e.owner <> 'programme'
    AND hashtextextended(e.owner, hashtextextended(e.unit, hashtextextended(e.programme, $1::bigint)))
    = ANY($2::bigint [])
ORDER BY e.programme, e.owner, e.unit, e.account_version;
