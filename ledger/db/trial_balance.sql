-- name: list_headings
-- What stands on the accounts now, less what has moved since: a county's last month is read in a second, not its years.
-- Ids rise with time, so nothing that counts for the first day or later stands before the first of those ids.
WITH moved AS MATERIALIZED (
    SELECT
        e.owner, e.purse, e.unit, count(*) FILTER (WHERE j.effective_on > $3) AS later_entries,
        coalesce(total_of(e.amount) FILTER (WHERE j.effective_on > $3), 0) AS later,
        coalesce(total_of(e.amount) FILTER (WHERE j.effective_on <= $3 AND e.amount > 0), 0) AS came,
        coalesce(-total_of(e.amount) FILTER (WHERE j.effective_on <= $3 AND e.amount < 0), 0) AS went
    FROM journal AS j
    INNER JOIN entry AS e ON e.programme = j.programme AND e.journal_id = j.id
    WHERE
        j.programme = $1 AND j.effective_on >= $2
        AND e.journal_id >= (
            SELECT min(f.id) FROM journal AS f
            WHERE f.programme = $1 AND f.effective_on >= $2
        )
    GROUP BY e.owner, e.purse, e.unit
)

SELECT
    split_part(b.owner, '_', 1) AS side, b.purse, b.unit, count(*) AS accounts,
    total_of(b.total - coalesce(m.later + m.came - m.went, 0)) AS opening,
    coalesce(total_of(m.came), 0) AS came, coalesce(total_of(m.went), 0) AS went,
    total_of(b.total - coalesce(m.later, 0)) AS closing
FROM balance AS b
LEFT JOIN moved AS m ON m.owner = b.owner AND m.purse = b.purse AND m.unit = b.unit
WHERE b.programme = $1 AND b.account_version > coalesce(m.later_entries, 0)
GROUP BY split_part(b.owner, '_', 1), b.purse, b.unit
ORDER BY b.unit, split_part(b.owner, '_', 1), b.purse;

-- name: list_accounts
SELECT
    e.owner,
    coalesce(total_of(e.amount) FILTER (WHERE j.effective_on < $2), 0) AS opening,
    coalesce(total_of(e.amount) FILTER (WHERE j.effective_on >= $2 AND e.amount > 0), 0) AS came,
    coalesce(-total_of(e.amount) FILTER (WHERE j.effective_on >= $2 AND e.amount < 0), 0) AS went,
    total_of(e.amount) AS closing
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE
    e.programme = $1 AND j.effective_on <= $3 AND split_part(e.owner, '_', 1) = $4 AND e.purse = $5 AND e.unit = $6
    AND e.owner > $7
GROUP BY e.owner
ORDER BY e.owner
LIMIT $8;

-- name: list_entries
SELECT
    e.account_version, e.journal_id, j.kind, j.effective_on, j.happened_on, j.recorded_at, e.expires_on, e.amount,
    e.balance_after, j.about ->> 'rule' AS rule, j.about ->> 'activity' AS activity
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE
    e.programme = $1 AND e.owner = $4 AND e.purse = $5 AND e.unit = $6 AND e.account_version > $7
    AND j.effective_on BETWEEN $2 AND $3
ORDER BY e.account_version
LIMIT $8;

-- name: find_origin
SELECT
    j.id, j.kind, j.principal, j.recorded_at, j.effective_on, j.happened_on, j.about, j.trace, j.refusal,
    a.id AS activity, a.facts AS activity_facts, p.version AS rulebook, r.rule
FROM journal AS j
LEFT JOIN activity AS a ON a.programme = j.programme AND a.id = j.about ->> 'activity'
LEFT JOIN publication AS p
    ON p.programme = j.programme AND p.kind = 'rulebook' AND p.digest = j.about ->> 'rulebook'
LEFT JOIN LATERAL (
    SELECT x.rule FROM json_array_elements(p.body -> 'rules') AS x (rule)
    WHERE x.rule ->> 'id' = j.about ->> 'rule'
    LIMIT 1
) AS r ON TRUE
WHERE j.programme = $1 AND j.id = $2
ORDER BY p.revision
LIMIT 1;
