-- name: insert_shift
INSERT INTO shift (programme, id, terminal, outlet, served_by, float_fen, opened_by, opened_at, opened_in)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (programme, id) DO NOTHING;

-- name: find_shift
SELECT
    id, terminal, outlet, served_by, float_fen, opened_by, opened_at, opened_in, closed_by, closed_at, closed_in,
    document
FROM shift
WHERE programme = $1 AND id = $2;

-- name: find_open_shift
SELECT id FROM shift
WHERE programme = $1 AND terminal = $2 AND closed_at IS NULL;

-- name: list_shifts
SELECT
    id, terminal, outlet, served_by, float_fen, opened_by, opened_at, opened_in, closed_by, closed_at, closed_in,
    document
FROM shift
WHERE programme = $1 AND outlet = $2 AND id < $3
ORDER BY id DESC
LIMIT $4;

-- name: close_shift
UPDATE shift SET closed_by = $3, closed_at = $4, closed_in = $5, document = $6::json
WHERE programme = $1 AND id = $2;

-- name: sum_kinds
-- What its receipts moved, by kind: points and gift points taken, cash into the drawer.
SELECT
    j.kind,
    count(DISTINCT j.id) AS receipts,
    coalesce(
        total_of(e.amount) FILTER (WHERE e.owner = 'programme' AND e.purse = 'redeemed' AND e.unit = 'points'), 0
    ) AS points,
    coalesce(
        total_of(e.amount) FILTER (WHERE e.owner = 'programme' AND e.purse = 'redeemed' AND e.unit = 'gift'), 0
    ) AS gift,
    coalesce(total_of(e.amount) FILTER (WHERE e.purse = 'till'), 0) AS fen
FROM receipt AS r
INNER JOIN journal AS j ON j.programme = r.programme AND j.id = r.journal_id
LEFT JOIN entry AS e ON e.programme = j.programme AND e.journal_id = j.id
WHERE r.programme = $1 AND r.shift = $2
GROUP BY j.kind
ORDER BY j.kind;

-- name: sum_goods
-- Pieces that went over the counter, and those that came back.
SELECT
    substr(e.unit, 6) AS item,
    coalesce(total_of(e.amount) FILTER (WHERE e.amount > 0), 0) AS sold,
    coalesce(-total_of(e.amount) FILTER (WHERE e.amount < 0), 0) AS returned
FROM receipt AS r
INNER JOIN entry AS e ON e.programme = r.programme AND e.journal_id = r.journal_id
WHERE
    r.programme = $1 AND r.shift = $2
    AND e.owner = 'programme' AND e.purse = 'redeemed' AND e.unit LIKE 'item:%'
GROUP BY e.unit
ORDER BY e.unit;

-- name: read_span
SELECT min(r.number) AS first_number, max(r.number) AS last_number, count(*) AS receipts
FROM receipt AS r
WHERE r.programme = $1 AND r.shift = $2;
