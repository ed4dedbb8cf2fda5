-- name: read_balances
SELECT read_balances($1::text [], $2::text []);

-- name: read_counters
SELECT c.counter, c.subject, c.period, c.used
FROM unnest($2::text [], $3::text [], $4::text []) AS w (counter, subject, period)
INNER JOIN counter AS c
    ON c.programme = $1 AND c.counter = w.counter AND c.subject = w.subject AND c.period = w.period;

-- name: read_lines
-- The primary key is the order: a page never moves while new entries come in above it.
SELECT
    e.account_version, e.journal_id, e.amount, e.balance_after, e.expires_on,
    j.kind, j.recorded_at, j.effective_on, j.happened_on, j.about
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE e.programme = $1 AND e.owner = $2 AND e.purse = $3 AND e.unit = $4 AND e.account_version < $5
ORDER BY e.account_version DESC
LIMIT $6;

-- name: read_waiting
-- What is under notice or reserved and has not ended; an empty purse is not looked through.
SELECT i.journal_id, i.kind, i.due_on, total_of(e.amount) AS amount, j.about::text AS about
FROM balance AS b
INNER JOIN entry AS e
    ON e.programme = b.programme AND e.owner = b.owner AND e.purse = b.purse AND e.unit = b.unit
INNER JOIN open_item AS i ON i.programme = e.programme AND i.journal_id = e.journal_id AND i.ended_by IS NULL
INNER JOIN journal AS j ON j.programme = i.programme AND j.id = i.journal_id
WHERE
    b.programme = $1 AND b.owner = $2 AND b.purse IN ('pending', 'held') AND b.unit IN ('points', 'gift')
    AND b.total > 0
GROUP BY i.journal_id, i.kind, i.due_on, j.about::text
ORDER BY i.due_on, i.journal_id
LIMIT $3;

-- name: read_stock
SELECT
    b.unit, sum(b.total) FILTER (WHERE b.purse = 'stock') AS stock,
    sum(b.total) FILTER (WHERE b.purse = 'reserved') AS reserved,
    max(b.account_version) FILTER (WHERE b.purse = 'stock') AS account_version
FROM balance AS b
WHERE b.programme = $1 AND b.owner = $2 AND b.purse IN ('stock', 'reserved') AND b.unit > $3 AND b.unit LIKE 'item:%'
GROUP BY b.unit
ORDER BY b.unit
LIMIT $4;
