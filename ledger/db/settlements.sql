-- name: last_settlement
SELECT id, number, last_version, closing, rest_commission_points, rest_fen, rest_commission_fen
FROM settlement
WHERE programme = $1 AND merchant = $2 AND unit = $3
ORDER BY number DESC
LIMIT 1;

-- name: claims_after
-- What a refund or a reversal gives back is rated by the day of what it undoes, so that both cancel to the last fen.
SELECT
    e.account_version, e.journal_id, j.kind, j.effective_on, e.amount, e.balance_after,
    coalesce(o.effective_on, j.effective_on) AS rated_on
FROM entry AS e
INNER JOIN journal AS j ON j.programme = e.programme AND j.id = e.journal_id
LEFT JOIN journal AS o
    ON
        j.kind IN ('refund', 'reverse') AND o.programme = j.programme
        AND o.id = coalesce(j.about ->> 'follows', j.about ->> 'reverses')
WHERE e.programme = $1 AND e.owner = $2 AND e.purse = 'claims' AND e.unit = $3 AND e.account_version > $4
ORDER BY e.account_version
LIMIT $5;

-- name: insert_settlement
INSERT INTO settlement (
    programme, id, merchant, unit, number, first_version, last_version, through_on, opening, settled, closing,
    rest_commission_points, rest_fen, rest_commission_fen, checkpoint_size, drawn_by, drawn_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now_at());

-- name: insert_lines
INSERT INTO settlement_line (
    programme, settlement, line, merchant, unit, account_version, journal_id, kind, effective_on, rated_on, points,
    rate, share, commission_points, fen, commission_fen
)
SELECT
    $1, $2, w.line + $5, $3, $4, w.account_version, w.journal_id, w.kind, w.effective_on, w.rated_on, w.points, w.rate,
    w.share, w.commission_points, w.fen, w.commission_fen
FROM
    json_to_recordset($6::json) AS w (
        line integer, account_version bigint, journal_id text, kind text, effective_on date, rated_on date,
        points bigint, rate text, share text, commission_points bigint, fen bigint, commission_fen bigint
    );

-- name: take_up_carried
-- Lines that an earlier statement carried over stand first, with the numbers that they had there.
WITH taken AS (
    UPDATE settlement_line SET carried_to = $2
    WHERE programme = $1 AND merchant = $3 AND unit = $4 AND state = 'carried' AND carried_to IS NULL
    RETURNING
        settlement, line, account_version, journal_id, kind, effective_on, rated_on, points, rate, share,
        commission_points, fen, commission_fen
)

INSERT INTO settlement_line (
    programme, settlement, line, merchant, unit, account_version, journal_id, kind, effective_on, rated_on, points,
    rate, share, commission_points, fen, commission_fen, carried_from
)
SELECT
    $1, $2, row_number() OVER (ORDER BY t.account_version), $3, $4, t.account_version, t.journal_id, t.kind,
    t.effective_on, t.rated_on, t.points, t.rate, t.share, t.commission_points, t.fen, t.commission_fen, t.settlement
FROM taken AS t;

-- name: waiting_points
SELECT count(*) AS lines, coalesce(total_of(points), 0) AS points FROM settlement_line
WHERE programme = $1 AND merchant = $2 AND unit = $3 AND state = 'carried' AND carried_to IS NULL;

-- name: lock_settlement
SELECT id FROM settlement
WHERE programme = $1 AND id = $2
FOR NO KEY UPDATE;

-- name: read_settlements
SELECT
    s.id, s.merchant, s.unit, s.number, s.first_version, s.last_version, s.through_on, s.opening, s.settled, s.closing,
    s.checkpoint_size, s.drawn_by, s.drawn_at, s.state, s.answered_by, s.answered_at, s.paid_by, s.paid_at, s.payment,
    s.journal_id, s.closed_by, s.closed_at, t.lines, t.points, t.commission_points, t.fen, t.commission_fen, t.disputed,
    t.carried
FROM settlement AS s
CROSS JOIN
    LATERAL (
        SELECT
            count(*) FILTER (WHERE l.state <> 'carried') AS lines,
            count(*) FILTER (WHERE l.state = 'disputed') AS disputed,
            count(*) FILTER (WHERE l.state = 'carried') AS carried,
            coalesce(total_of(l.points) FILTER (WHERE l.state <> 'carried'), 0) AS points,
            coalesce(total_of(l.commission_points) FILTER (WHERE l.state <> 'carried'), 0) AS commission_points,
            coalesce(total_of(l.fen) FILTER (WHERE l.state <> 'carried'), 0) AS fen,
            coalesce(total_of(l.commission_fen) FILTER (WHERE l.state <> 'carried'), 0) AS commission_fen
        FROM settlement_line AS l
        WHERE l.programme = s.programme AND l.settlement = s.id
    ) AS t
WHERE
    s.programme = $1 AND ($2::text IS NULL OR s.id = $2) AND ($3::text IS NULL OR s.merchant = $3)
    AND ($4::text IS NULL OR s.state = $4) AND s.id > $5
ORDER BY s.id
LIMIT $6;

-- name: read_lines
SELECT
    line, account_version, journal_id, kind, effective_on, rated_on, points, rate, share, commission_points, fen,
    commission_fen, state, carried_from, carried_to, dispute, answer
FROM settlement_line
WHERE programme = $1 AND settlement = $2 AND line > $3
ORDER BY line
LIMIT $4;

-- name: dispute_lines
UPDATE settlement_line AS l SET state = 'disputed', dispute = w.note
FROM unnest($3::integer [], $4::text []) AS w (line, note)
WHERE l.programme = $1 AND l.settlement = $2 AND l.line = w.line AND l.state = 'open'
RETURNING l.line;

-- name: resolve_lines
UPDATE settlement_line AS l SET state = w.state, answer = w.note
FROM unnest($3::integer [], $4::text [], $5::text []) AS w (line, state, note)
WHERE l.programme = $1 AND l.settlement = $2 AND l.line = w.line AND l.state = 'disputed'
RETURNING l.line;

-- name: carry_rest
UPDATE settlement_line SET state = 'carried'
WHERE programme = $1 AND settlement = $2 AND state <> 'carried';

-- name: answer_settlement
UPDATE settlement SET state = $3, answered_by = coalesce(answered_by, $4), answered_at = coalesce(answered_at, now_at())
WHERE programme = $1 AND id = $2;

-- name: set_state
UPDATE settlement SET state = $3
WHERE programme = $1 AND id = $2;

-- name: pay_settlement
UPDATE settlement SET state = 'paid', paid_by = $3, paid_at = now_at(), payment = $4, journal_id = $5
WHERE programme = $1 AND id = $2;

-- name: close_settlement
UPDATE settlement SET state = 'closed', closed_by = $3, closed_at = now_at()
WHERE programme = $1 AND id = $2;
