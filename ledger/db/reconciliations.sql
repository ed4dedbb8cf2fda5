-- name: list_goods
-- What must be at an outlet: on the shelf, or put aside for somebody.
SELECT e.owner, e.unit, total_of(e.amount) AS amount
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
WHERE
    e.programme = $1 AND e.purse IN ('stock', 'reserved') AND j.effective_on <= $2
    AND ($3::text IS NULL OR e.owner = $3)
GROUP BY e.owner, e.unit
ORDER BY e.owner, e.unit
LIMIT $4;

-- name: list_claims
-- What moved a merchant's claims, settlements and what undid them aside: those are not on the merchant's list.
SELECT
    j.id AS transaction, e.owner AS merchant, coalesce(j.about ->> 'owner', s.about ->> 'owner', '') AS owner,
    coalesce(j.happened_on, j.effective_on) AS day, total_of(e.amount) AS amount
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
LEFT JOIN journal AS s ON s.programme = j.programme AND s.id = j.about ->> 'reverses'
WHERE
    e.programme = $1 AND e.purse = 'claims' AND e.unit = 'points' AND j.kind <> 'settle'
    AND s.kind IS DISTINCT FROM 'settle'
    AND coalesce(j.happened_on, j.effective_on) BETWEEN $2 AND $3 AND ($4::text IS NULL OR e.owner = $4)
GROUP BY
    j.id, e.owner, coalesce(j.about ->> 'owner', s.about ->> 'owner', ''),
    coalesce(j.happened_on, j.effective_on)
ORDER BY j.id
LIMIT $5;

-- name: list_money
-- What the programme's fund paid and got, as its account at the bank should show it.
SELECT
    j.id AS transaction, coalesce(j.about ->> 'merchant', s.about ->> 'merchant', '') AS merchant,
    coalesce(j.happened_on, j.effective_on) AS day, total_of(e.amount) AS amount
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
LEFT JOIN journal AS s ON s.programme = j.programme AND s.id = j.about ->> 'reverses'
WHERE
    e.programme = $1 AND e.owner = 'programme' AND e.purse = 'fund' AND e.unit = 'cash'
    AND coalesce(j.happened_on, j.effective_on) BETWEEN $2 AND $3
    AND ($4::text IS NULL OR coalesce(j.about ->> 'merchant', s.about ->> 'merchant') = $4)
GROUP BY j.id, coalesce(j.about ->> 'merchant', s.about ->> 'merchant', ''), coalesce(j.happened_on, j.effective_on)
ORDER BY j.id
LIMIT $5;
