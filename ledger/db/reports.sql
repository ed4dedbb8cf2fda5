-- name: by_area
-- Issued, redeemed and expired points go to the area of the one account holder of their transaction; what came or went
-- otherwise is the rest between opening and closing.
WITH moved AS MATERIALIZED (
    SELECT e.journal_id, e.owner, e.purse, e.amount, j.effective_on <= $3 AS is_within, j.kind
    FROM journal AS j
    INNER JOIN entry AS e ON e.programme = j.programme AND e.journal_id = j.id
    WHERE
        j.programme = $1 AND j.effective_on >= $2 AND e.unit = 'points'
        AND e.journal_id >= (
            SELECT min(f.id) FROM journal AS f
            WHERE f.programme = $1 AND f.effective_on >= $2
        )
),

located AS MATERIALIZED (
    SELECT o.id, coalesce(o.area, h.area, '-') AS area FROM owner AS o
    LEFT JOIN owner AS h ON h.programme = o.programme AND h.id = o.household
    WHERE o.programme = $1 AND o.kind IN ('household', 'member', 'merchant')
),

holder AS MATERIALIZED (
    SELECT m.journal_id, min(m.owner) AS owner FROM moved AS m
    WHERE m.is_within AND m.owner <> 'programme' AND m.purse IN ('main', 'pending', 'held', 'debt')
    GROUP BY m.journal_id
),

-- What is held now, less what has moved since the first day, or since the last one.
figure AS (
    SELECT
        l.area, total_of(b.total) AS opening, 0::bigint AS issued, 0::bigint AS redeemed, 0::bigint AS at_shops,
        0::bigint AS expired, total_of(b.total) AS outstanding
    FROM balance AS b
    INNER JOIN located AS l ON l.id = b.owner
    WHERE b.programme = $1 AND b.unit = 'points' AND b.purse IN ('main', 'pending', 'held', 'debt')
    GROUP BY l.area
    UNION ALL
    SELECT
        l.area, -total_of(m.amount) AS opening, 0, 0, 0, 0,
        -total_of(m.amount) FILTER (WHERE NOT m.is_within) AS outstanding
    FROM moved AS m
    INNER JOIN located AS l ON l.id = m.owner
    WHERE m.purse IN ('main', 'pending', 'held', 'debt')
    GROUP BY l.area
    UNION ALL
    SELECT
        coalesce(l.area, '-') AS area, 0,
        -total_of(m.amount) FILTER (WHERE m.purse LIKE 'issued:%'),
        total_of(m.amount) FILTER (WHERE m.purse = 'redeemed'),
        total_of(m.amount) FILTER (WHERE m.purse = 'claims' AND m.kind <> 'settle'),
        total_of(m.amount) FILTER (WHERE m.purse = 'expired'), 0
    FROM moved AS m
    LEFT JOIN holder AS h ON h.journal_id = m.journal_id
    LEFT JOIN located AS l ON l.id = h.owner
    WHERE m.is_within AND (m.owner = 'programme' OR m.purse = 'claims')
    GROUP BY coalesce(l.area, '-')
)

SELECT
    f.area, coalesce(total_of(f.opening), 0) AS opening, coalesce(total_of(f.issued), 0) AS issued,
    coalesce(total_of(f.redeemed), 0) AS redeemed, coalesce(total_of(f.at_shops), 0) AS at_shops,
    coalesce(total_of(f.expired), 0) AS expired, coalesce(total_of(f.outstanding), 0) AS outstanding
FROM figure AS f
WHERE f.area > $4
GROUP BY f.area
ORDER BY f.area
LIMIT $5;

-- name: by_month
SELECT
    to_char(j.effective_on, 'YYYY-MM') AS month,
    coalesce(-total_of(e.amount) FILTER (WHERE e.purse LIKE 'issued:%'), 0) AS issued,
    coalesce(total_of(e.amount) FILTER (WHERE e.owner = 'programme' AND e.purse = 'redeemed'), 0) AS redeemed,
    coalesce(total_of(e.amount) FILTER (WHERE e.purse = 'claims' AND j.kind <> 'settle'), 0) AS at_shops,
    coalesce(total_of(e.amount) FILTER (WHERE e.owner = 'programme' AND e.purse = 'expired'), 0) AS expired,
    coalesce(
        total_of(e.amount) FILTER (WHERE e.owner <> 'programme' AND e.purse IN ('main', 'pending', 'held', 'debt')), 0
    ) AS change
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE
    e.programme = $1 AND e.unit = 'points' AND j.effective_on BETWEEN $2 AND $3
    AND to_char(j.effective_on, 'YYYY-MM') > $4
GROUP BY to_char(j.effective_on, 'YYYY-MM')
ORDER BY to_char(j.effective_on, 'YYYY-MM')
LIMIT $5;

-- name: by_category
SELECT
    substr(e.purse, 8) AS category, coalesce(-total_of(e.amount) FILTER (WHERE e.amount < 0), 0) AS given,
    coalesce(total_of(e.amount) FILTER (WHERE e.amount > 0), 0) AS taken_back, -total_of(e.amount) AS issued,
    count(DISTINCT e.journal_id) FILTER (WHERE e.amount < 0) AS times
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE
    e.programme = $1 AND e.owner = 'programme' AND e.unit = 'points' AND e.purse LIKE 'issued:%'
    AND j.effective_on BETWEEN $2 AND $3 AND substr(e.purse, 8) > $4
GROUP BY e.purse
ORDER BY substr(e.purse, 8)
LIMIT $5;

-- name: by_outlet
-- A reversal belongs to the outlet of what it undoes.
SELECT
    coalesce(j.about ->> 'outlet', s.about ->> 'outlet', '-') AS outlet,
    coalesce(total_of(e.amount) FILTER (WHERE e.unit = 'points' AND e.amount > 0), 0) AS taken,
    coalesce(-total_of(e.amount) FILTER (WHERE e.unit = 'points' AND e.amount < 0), 0) AS given_back,
    coalesce(total_of(e.amount) FILTER (WHERE e.unit = 'points'), 0) AS redeemed,
    coalesce(total_of(e.amount) FILTER (WHERE e.unit LIKE 'item:%'), 0) AS pieces,
    count(DISTINCT e.journal_id) FILTER (WHERE e.amount > 0) AS sales
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
LEFT JOIN journal AS s ON j.kind = 'reverse' AND s.programme = j.programme AND s.id = j.about ->> 'reverses'
WHERE
    e.programme = $1 AND e.owner = 'programme' AND e.purse = 'redeemed' AND j.effective_on BETWEEN $2 AND $3
    AND coalesce(j.about ->> 'outlet', s.about ->> 'outlet', '-') > $4
GROUP BY coalesce(j.about ->> 'outlet', s.about ->> 'outlet', '-')
ORDER BY coalesce(j.about ->> 'outlet', s.about ->> 'outlet', '-')
LIMIT $5;

-- name: by_merchant
-- By way of the balances, which are few: what a shop holds and claims stands together in the index of the entries.
WITH shop AS (
    SELECT DISTINCT b.owner FROM balance AS b
    WHERE b.programme = $1 AND b.unit = 'points' AND b.owner LIKE 'mer\_%' AND b.owner > $4
    ORDER BY b.owner
    LIMIT $5
)

SELECT
    s.owner AS merchant,
    coalesce(total_of(e.amount) FILTER (WHERE e.purse = 'claims' AND j.effective_on < $2), 0) AS opening_claims,
    coalesce(
        total_of(e.amount) FILTER (
            WHERE e.purse = 'claims' AND j.effective_on >= $2 AND e.amount > 0 AND j.kind <> 'settle'
        ), 0
    ) AS captured,
    coalesce(
        -total_of(e.amount) FILTER (
            WHERE e.purse = 'claims' AND j.effective_on >= $2 AND e.amount < 0 AND j.kind <> 'settle'
        ), 0
    ) AS refunded,
    coalesce(
        -total_of(e.amount) FILTER (WHERE e.purse = 'claims' AND j.effective_on >= $2 AND j.kind = 'settle'), 0
    ) AS settled,
    coalesce(total_of(c.commission) FILTER (WHERE e.purse = 'claims' AND j.effective_on >= $2), 0) AS commission,
    coalesce(total_of(e.amount) FILTER (WHERE e.purse = 'claims'), 0) AS claims,
    coalesce(total_of(e.amount) FILTER (WHERE e.purse <> 'claims'), 0) AS outstanding
FROM shop AS s
INNER JOIN entry AS e ON e.programme = $1 AND e.owner = s.owner AND e.unit = 'points'
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id AND j.effective_on <= $3
LEFT JOIN LATERAL (
    SELECT total_of(k.amount) AS commission FROM entry AS k
    WHERE k.journal_id = j.id AND k.programme = j.programme AND k.purse = 'commission' AND k.unit = 'points'
) AS c ON j.kind = 'settle'
GROUP BY s.owner
ORDER BY s.owner;

-- name: by_item
-- Goods of outlets and offers of shops, at the points price of their day; what came back is taken off again.
WITH line AS (
    SELECT
        l.item, coalesce(j.about ->> 'merchant', s.about ->> 'merchant', '') AS merchant,
        CASE WHEN j.kind IN ('refund', 'reverse') THEN -1 ELSE 1 END * l.quantity AS pieces,
        CASE WHEN j.kind IN ('refund', 'reverse') THEN -1 ELSE 1 END * l.points AS points
    FROM journal AS j
    LEFT JOIN journal AS s ON j.kind = 'reverse' AND s.programme = j.programme AND s.id = j.about ->> 'reverses'
    CROSS JOIN
        json_to_recordset(
            CASE WHEN j.kind = 'reverse' THEN s.about -> 'lines' ELSE j.about -> 'lines' END
        ) AS l (item text, quantity bigint, points bigint)
    WHERE
        j.programme = $1 AND j.refusal IS NULL AND j.effective_on BETWEEN $2 AND $3
        AND (
            j.kind IN ('redeem', 'capture', 'late_sale', 'refund')
            OR j.kind = 'reverse' AND s.kind IN ('redeem', 'late_sale')
        )
),

sold AS (
    SELECT line.merchant, line.item, total_of(line.pieces) AS pieces, total_of(line.points) AS points FROM line
    GROUP BY line.merchant, line.item
)

SELECT s.merchant, s.item, s.pieces, s.points FROM sold AS s
WHERE $4::bigint IS NULL OR (-s.pieces, s.merchant, s.item) > (-$4::bigint, $5::text, $6::text)
ORDER BY s.pieces DESC, s.merchant, s.item
LIMIT $7;
