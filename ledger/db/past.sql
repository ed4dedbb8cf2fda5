-- name: awards_between
SELECT id, about, facts, counts, recorded_at
FROM journal
WHERE
    programme = $1 AND kind IN ('award', 'donate') AND refusal IS NULL AND facts IS NOT NULL
    AND happened_on BETWEEN $2 AND $3
ORDER BY id;

-- name: corrections_since
SELECT id, kind, coalesce(about ->> 'reverses', about ->> 'follows') AS target, counts
FROM journal
WHERE programme = $1 AND kind IN ('reverse', 'cancel_pending', 'rerate') AND refusal IS NULL AND recorded_at >= $2;

-- name: earned_by
-- What owners got by transactions, by unit, wherever it stands: pending, spendable or repaid debt.
SELECT journal_id, owner, unit, total_of(amount) AS total
FROM entry
WHERE programme = $1 AND journal_id = ANY($2::text []) AND purse IN ('main', 'pending', 'debt')
GROUP BY journal_id, owner, unit;

-- name: earned_under_rules
-- By owner and month day, after corrections: what rankings and streaks of a period count. What a household earned
-- before it merged was earned by the one that it merged into, for the old one takes nothing any more.
WITH RECURSIVE heir AS (
    SELECT m.household AS owner, m.other AS heir FROM household_change AS m
    WHERE m.programme = $1 AND m.kind = 'merge'
    UNION ALL
    SELECT h.owner, m.other FROM heir AS h
    INNER JOIN household_change AS m ON m.programme = $1 AND m.kind = 'merge' AND m.household = h.heir
),

last_heir AS (
    SELECT h.owner, h.heir FROM heir AS h
    WHERE NOT EXISTS (
        SELECT FROM household_change AS m
        WHERE m.programme = $1 AND m.kind = 'merge' AND m.household = h.heir
    )
),

awarded AS (
    SELECT j.id, j.happened_on FROM journal AS j
    WHERE
        j.programme = $1 AND j.kind IN ('award', 'donate') AND j.refusal IS NULL
        AND j.happened_on BETWEEN $2 AND $3
        AND (cardinality($4::text []) = 0 OR j.about ->> 'rule' = ANY($4::text []))
),

counted AS (
    SELECT a.id, a.happened_on FROM awarded AS a
    UNION ALL
    SELECT c.id, a.happened_on FROM awarded AS a
    INNER JOIN journal AS c
        ON
            c.programme = $1 AND coalesce(c.about ->> 'reverses', c.about ->> 'follows') = a.id
            AND c.kind IN ('reverse', 'cancel_pending', 'rerate') AND c.refusal IS NULL
)

SELECT coalesce(h.heir, e.owner) AS owner, c.happened_on, total_of(e.amount) AS total
FROM counted AS c
INNER JOIN entry AS e ON e.journal_id = c.id
LEFT JOIN last_heir AS h ON h.owner = e.owner
WHERE e.programme = $1 AND e.unit = $5 AND e.purse IN ('main', 'pending', 'debt')
GROUP BY coalesce(h.heir, e.owner), c.happened_on
ORDER BY coalesce(h.heir, e.owner), c.happened_on;

-- name: areas
SELECT id, area FROM owner
WHERE programme = $1 AND area IS NOT NULL;

-- name: main_balances
-- Of accounts that are not closed.
SELECT b.owner, b.total FROM balance AS b
WHERE
    b.programme = $1 AND b.purse = 'main' AND b.unit = $2
    AND NOT EXISTS (
        SELECT FROM account AS a
        WHERE a.programme = b.programme AND a.owner = b.owner AND a.purse = b.purse AND a.is_closed
    )
ORDER BY b.owner;

-- name: batch_members
SELECT id FROM journal
WHERE programme = $1 AND batch = $2 AND refusal IS NULL AND kind <> 'reverse' AND id > $3
ORDER BY id
LIMIT $4;
