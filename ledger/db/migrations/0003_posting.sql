-- Why: the two calls of the posting path: lock and read, then append.

-- The one clock of the ledger: tests and demonstrations move it, nobody else may.
CREATE FUNCTION now_at() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN clock_timestamp();

-- Each statement below has its own snapshot: what is read after a wait is what the lock protects.
-- LATERAL with LIMIT pins one index look-up per asked row whatever the statistics say: a join could be planned
-- as a scan of the whole table, and such a plan would stay with the connection.
CREATE FUNCTION lock_needs(
    programmes text [], revisions bigint [], claims json, balances json, counters json, open_items json, days json
) RETURNS json LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    stale json;
    answer json;
BEGIN
    PERFORM set_config('ledger.programmes', array_to_string(programmes, ','), TRUE);

    -- Shared with everyone who posts; closing the books takes it alone. In memory, so it costs no row version.
    PERFORM pg_advisory_xact_lock_shared(5010, hashtext(w.programme)) FROM unnest(programmes) AS w (programme);

    SELECT json_agg(w.programme) INTO stale FROM unnest(programmes, revisions) AS w (programme, revision)
    LEFT JOIN LATERAL (SELECT p.revision FROM programme AS p WHERE p.programme = w.programme LIMIT 1) AS p ON TRUE
    WHERE p.revision IS DISTINCT FROM w.revision;
    -- Spending limits count by business day, so the caller must have asked for the counters of the right one.
    IF stale IS NOT NULL OR EXISTS (
        SELECT FROM json_to_recordset(days) AS w (time_zone text, day date)
        WHERE (now_at() AT TIME ZONE w.time_zone)::date <> w.day
    ) THEN
        RETURN json_build_object('stale', coalesce(stale, '[]'), 'now', now_at());
    END IF;

    INSERT INTO idempotency_key (programme, principal, key, fingerprint, journal_id)
    SELECT w.programme, w.principal, w.key, w.fingerprint, w.journal_id
    FROM json_to_recordset(claims) AS w (programme text, principal text, key text, fingerprint text, journal_id text)
    ORDER BY w.programme, w.principal, w.key
    ON CONFLICT DO NOTHING;

    INSERT INTO counter (programme, counter, subject, period)
    SELECT w.programme, w.counter, w.subject, w.period
    FROM json_to_recordset(counters) AS w (programme text, counter text, subject text, period text)
    ORDER BY w.programme, w.counter, w.subject, w.period
    ON CONFLICT DO NOTHING;

    INSERT INTO balance (programme, owner, purse, unit, floor_amount)
    SELECT w.programme, w.owner, w.purse, w.unit, a.floor_amount
    FROM json_to_recordset(balances) AS w (programme text, owner text, purse text, unit text, is_new boolean)
    CROSS JOIN LATERAL (
        SELECT a.floor_amount FROM account AS a
        WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse LIMIT 1
    ) AS a
    WHERE w.is_new
    ORDER BY w.programme, w.owner, w.purse, w.unit
    ON CONFLICT DO NOTHING;

    PERFORM FROM (
        SELECT w.programme, w.counter, w.subject, w.period
        FROM json_to_recordset(counters) AS w (programme text, counter text, subject text, period text)
        ORDER BY w.programme, w.counter, w.subject, w.period
    ) AS w
    CROSS JOIN LATERAL (
        SELECT FROM counter AS c
        WHERE c.programme = w.programme AND c.counter = w.counter AND c.subject = w.subject AND c.period = w.period
        LIMIT 1 FOR NO KEY UPDATE
    ) AS c;

    PERFORM FROM (
        SELECT w.programme, w.journal_id
        FROM json_to_recordset(open_items) AS w (programme text, journal_id text)
        ORDER BY w.programme, w.journal_id
    ) AS w
    CROSS JOIN LATERAL (
        SELECT FROM open_item AS o
        WHERE o.programme = w.programme AND o.journal_id = w.journal_id
        LIMIT 1 FOR NO KEY UPDATE
    ) AS o;

    PERFORM FROM (
        SELECT w.programme, w.owner, w.purse, w.unit
        FROM json_to_recordset(balances) AS w (programme text, owner text, purse text, unit text)
        ORDER BY w.programme, w.owner, w.purse, w.unit
    ) AS w
    CROSS JOIN LATERAL (
        SELECT FROM balance AS b
        WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
        LIMIT 1 FOR NO KEY UPDATE
    ) AS b;

    SELECT json_build_object(
        'now', now_at(),
        'claims', (
            SELECT json_agg(json_build_array(w.programme, w.principal, w.key, k.fingerprint, k.journal_id))
            FROM json_to_recordset(claims) AS w (programme text, principal text, key text, journal_id text)
            CROSS JOIN LATERAL (
                SELECT k.fingerprint, k.journal_id FROM idempotency_key AS k
                WHERE k.programme = w.programme AND k.principal = w.principal AND k.key = w.key LIMIT 1
            ) AS k
            WHERE k.journal_id <> w.journal_id
        ),
        'balances', (
            SELECT json_agg(json_build_array(
                w.programme, w.owner, w.purse, w.unit, b.total, b.account_version, b.bucket_days, b.bucket_amounts,
                a.is_closed
            ))
            FROM json_to_recordset(balances) AS w (programme text, owner text, purse text, unit text)
            CROSS JOIN LATERAL (
                SELECT b.total, b.account_version, b.bucket_days, b.bucket_amounts FROM balance AS b
                WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
                LIMIT 1
            ) AS b
            CROSS JOIN LATERAL (
                SELECT a.is_closed FROM account AS a
                WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse LIMIT 1
            ) AS a
        ),
        'counters', (
            SELECT json_agg(json_build_array(w.programme, w.counter, w.subject, w.period, c.used))
            FROM json_to_recordset(counters) AS w (programme text, counter text, subject text, period text)
            CROSS JOIN LATERAL (
                SELECT c.used FROM counter AS c
                WHERE c.programme = w.programme AND c.counter = w.counter
                    AND c.subject = w.subject AND c.period = w.period
                LIMIT 1
            ) AS c
        ),
        'closed', (
            SELECT json_agg(json_build_array(w.programme, p.closed_through))
            FROM unnest(programmes) AS w (programme)
            CROSS JOIN LATERAL (
                SELECT p.closed_through FROM closed_period AS p
                WHERE p.programme = w.programme ORDER BY p.closed_through DESC LIMIT 1
            ) AS p
        ),
        'open_items', (
            SELECT json_agg(json_build_array(
                w.programme, w.journal_id, o.kind, o.due_on, o.ended_by, o.ended_kind, o.ended_on
            ))
            FROM json_to_recordset(open_items) AS w (programme text, journal_id text)
            CROSS JOIN LATERAL (
                SELECT o.kind, o.due_on, o.ended_by, o.ended_kind, o.ended_on FROM open_item AS o
                WHERE o.programme = w.programme AND o.journal_id = w.journal_id LIMIT 1
            ) AS o
        )
    ) INTO answer;
    RETURN answer;
END
$$;

-- Purses without a floor are updated here, last and in order, by the batch's sum; their entries take their
-- versions from the row as it stood. Everything is written by one statement, so that the guards see all of it.
-- Rows that we hold locked are updated by their place (ctid), which cannot move meanwhile.
CREATE FUNCTION append_decided(
    journals json, entries json, balances json, open_deltas json, open_entries json, counters json,
    opened json, ended json
) RETURNS json LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_material = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    totals bigint [];
    versions bigint [];
    places tid [];
BEGIN
    INSERT INTO balance (programme, owner, purse, unit, floor_amount)
    SELECT w.programme, w.owner, w.purse, w.unit, a.floor_amount
    FROM json_to_recordset(open_deltas) AS w (programme text, owner text, purse text, unit text)
    CROSS JOIN LATERAL (
        SELECT a.floor_amount FROM account AS a
        WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse LIMIT 1
    ) AS a
    ORDER BY w.programme, w.owner, w.purse, w.unit
    ON CONFLICT DO NOTHING;

    PERFORM FROM (
        SELECT w.programme, w.owner, w.purse, w.unit
        FROM json_to_recordset(open_deltas) AS w (programme text, owner text, purse text, unit text)
        ORDER BY w.programme, w.owner, w.purse, w.unit
    ) AS w
    CROSS JOIN LATERAL (
        SELECT FROM balance AS b
        WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
        LIMIT 1 FOR NO KEY UPDATE
    ) AS b;

    SELECT
        array_agg(b.total ORDER BY w.slot), array_agg(b.account_version ORDER BY w.slot),
        array_agg(b.place ORDER BY w.slot)
    INTO totals, versions, places
    FROM json_to_recordset(open_deltas) AS w (slot integer, programme text, owner text, purse text, unit text)
    CROSS JOIN LATERAL (
        SELECT b.total, b.account_version, b.ctid AS place FROM balance AS b
        WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
        LIMIT 1
    ) AS b;
    IF coalesce(cardinality(totals), 0) <> json_array_length(open_deltas) THEN
        RAISE EXCEPTION 'an account of the programme itself was never opened'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'programme_accounts_are_open';
    END IF;

    WITH written AS (
        INSERT INTO journal (
            programme, id, kind, principal, recorded_at, effective_on, happened_on, entry_count, about, refusal, trace,
            counts, facts, batch
        )
        SELECT
            w.programme, w.id, w.kind, w.principal, w.recorded_at, w.effective_on, w.happened_on, w.entry_count,
            w.about, w.refusal, w.trace, w.counts,
            w.facts, w.batch
        FROM json_to_recordset(journals) AS w (
            programme text, id text, kind text, principal text, recorded_at timestamptz, effective_on date,
            happened_on date, entry_count integer, about json, refusal json, trace json, counts json, facts json, batch text
        )
    ),
    outboxed AS (
        INSERT INTO outbox (programme, journal_id)
        SELECT w.programme, w.id FROM json_to_recordset(journals) AS w (programme text, id text)
    ),
    moved AS (
        UPDATE balance AS b SET total = b.total + w.delta, account_version = b.account_version + w.entries
        FROM json_to_recordset(open_deltas) AS w (slot integer, delta bigint, entries bigint)
        WHERE b.ctid = places[w.slot]
    ),
    settled AS (
        UPDATE balance AS b
        SET total = w.total, account_version = w.account_version,
            bucket_days = w.bucket_days, bucket_amounts = w.bucket_amounts
        FROM (
            SELECT w.total, w.account_version, w.bucket_days, w.bucket_amounts, p.place
            FROM json_to_recordset(balances) AS w (
                programme text, owner text, purse text, unit text, total bigint, account_version bigint,
                bucket_days date [], bucket_amounts bigint []
            )
            CROSS JOIN LATERAL (
                SELECT l.ctid AS place FROM balance AS l
                WHERE l.programme = w.programme AND l.owner = w.owner AND l.purse = w.purse AND l.unit = w.unit
                LIMIT 1
            ) AS p
        ) AS w
        WHERE b.ctid = w.place
    ),
    counted AS (
        UPDATE counter AS c SET used = w.used
        FROM (
            SELECT w.used, p.place
            FROM json_to_recordset(counters) AS w (
                programme text, counter text, subject text, period text, used bigint
            )
            CROSS JOIN LATERAL (
                SELECT l.ctid AS place FROM counter AS l
                WHERE l.programme = w.programme AND l.counter = w.counter
                    AND l.subject = w.subject AND l.period = w.period
                LIMIT 1
            ) AS p
        ) AS w
        WHERE c.ctid = w.place
    ),
    begun AS (
        INSERT INTO open_item (programme, journal_id, kind, due_on)
        SELECT w.programme, w.journal_id, w.kind, w.due_on
        FROM json_to_recordset(opened) AS w (programme text, journal_id text, kind text, due_on date)
    ),
    finished AS (
        UPDATE open_item AS o SET ended_by = w.ended_by, ended_kind = w.ended_kind, ended_on = w.ended_on
        FROM json_to_recordset(ended) AS w (
            programme text, journal_id text, ended_by text, ended_kind text, ended_on date
        )
        WHERE o.programme = w.programme AND o.journal_id = w.journal_id
    )
    INSERT INTO entry (
        programme, owner, purse, unit, account_version, journal_id, line, expires_on, amount, balance_after
    )
    SELECT
        w.programme, w.owner, w.purse, w.unit, w.account_version, w.journal_id, w.line, w.expires_on, w.amount,
        w.balance_after
    FROM json_to_recordset(entries) AS w (
        programme text, owner text, purse text, unit text, account_version bigint, journal_id text, line integer,
        expires_on date, amount bigint, balance_after bigint
    )
    UNION ALL
    SELECT
        w.programme, w.owner, w.purse, w.unit, versions[w.slot] + w.account_version, w.journal_id, w.line,
        w.expires_on, w.amount, totals[w.slot] + w.balance_after
    FROM json_to_recordset(open_entries) AS w (
        slot integer, programme text, owner text, purse text, unit text, account_version bigint, journal_id text,
        line integer, expires_on date, amount bigint, balance_after bigint
    );
    RETURN json_build_array(totals, versions);
END
$$;

GRANT EXECUTE ON FUNCTION lock_needs, append_decided TO ledger_service;
