-- name: balances_now
SELECT purse, unit, total, account_version, bucket_days, bucket_amounts
FROM balance
WHERE programme = $1 AND owner = $2
ORDER BY purse, unit;

-- name: balances_at
SELECT b.purse, b.unit, u.scale, e.balance_after AS total, e.account_version
FROM balance AS b
INNER JOIN unit AS u ON u.programme = b.programme AND u.unit = b.unit
CROSS JOIN
    LATERAL (
        SELECT e.balance_after, e.account_version
        FROM entry AS e
        INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
        WHERE
            e.programme = b.programme AND e.owner = b.owner AND e.purse = b.purse AND e.unit = b.unit
            AND j.recorded_at <= $3
        ORDER BY e.account_version DESC
        LIMIT 1
    ) AS e
WHERE b.programme = $1 AND b.owner = $2
ORDER BY b.purse, b.unit;

-- name: balances_on
SELECT e.purse, e.unit, u.scale, total_of(e.amount) AS total
FROM entry AS e
INNER JOIN unit AS u ON u.programme = e.programme AND u.unit = e.unit
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE e.programme = $1 AND e.owner = $2 AND j.effective_on <= $3
GROUP BY e.purse, e.unit, u.scale
ORDER BY e.purse, e.unit;
