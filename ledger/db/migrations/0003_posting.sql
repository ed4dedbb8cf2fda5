-- Why: the two calls of the posting path: lock and read, then append.

-- The one clock of the ledger: tests and demonstrations move it, nobody else may.
CREATE FUNCTION now_at() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN clock_timestamp();

-- Rows travel as one text a noun: columns parted by character 30, values by character 31, an empty value is NULL.
-- Taking that apart costs a fifth of reading JSON, and no value of ours holds these characters.
CREATE FUNCTION columns_of(sent text) RETURNS text [] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN string_to_array(sent, chr(30));

CREATE FUNCTION values_of(sent text) RETURNS text [] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN string_to_array(sent, chr(31), '');

-- Each statement below has its own snapshot: what is read after a wait is what the lock protects. A row that is
-- locked by the statement that reads it is read as locked. Everybody sends rows in the order of their keys,
-- debts last.
-- LATERAL with LIMIT pins one index look-up per asked row whatever the statistics say: a join could be planned
-- as a scan of the whole table, and such a plan would stay with the connection.
-- As the tables' owner, whom row-level security leaves alone: every look-up names its programme in full, and the
-- policy would be one more index condition of each, twice as slow with one programme and hopeless with a hundred.
CREATE FUNCTION lock_needs(
    programmes text, revisions text, claims text, balances text, counters text, open_items text, days text,
    OUT stale text [], OUT now timestamptz, OUT closed_through date [],
    OUT held_numbers integer [], OUT held_fingerprints text [], OUT held_journals text [],
    OUT used bigint [], OUT counter_places text [],
    OUT totals bigint [], OUT versions bigint [], OUT bucket_days text [], OUT bucket_amounts text [],
    OUT are_closed boolean [], OUT balance_places text [],
    OUT kinds text [], OUT due_on date [], OUT ended_by text [], OUT ended_kinds text [], OUT ended_on date []
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ledger, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    names text [] := values_of(programmes);
    sent text [];
    claim_programmes text [];
    claim_principals text [];
    claim_keys text [];
    claim_journals text [];
    made bigint;
    counter_programmes text [];
    counter_names text [];
    counter_subjects text [];
    counter_periods text [];
    balance_programmes text [];
    balance_owners text [];
    balance_purses text [];
    balance_units text [];
    are_new boolean [];
    is_debt boolean;
BEGIN
    PERFORM set_config('ledger.programmes', array_to_string(names, ','), TRUE);

    -- Shared with everyone who posts; closing the books takes it alone. In memory, so it costs no row version.
    PERFORM pg_advisory_xact_lock_shared(5010, hashtext(w.programme)) FROM unnest(names) AS w (programme);

    SELECT array_agg(w.programme) INTO stale
    FROM unnest(names, values_of(revisions)::bigint []) AS w (programme, revision)
    LEFT JOIN LATERAL (SELECT p.revision FROM programme AS p WHERE p.programme = w.programme LIMIT 1) AS p ON TRUE
    WHERE p.revision IS DISTINCT FROM w.revision;
    -- Spending limits count by business day, so the caller must have asked for the counters of the right one.
    sent := columns_of(days);
    IF stale IS NOT NULL OR EXISTS (
        SELECT FROM unnest(values_of(sent[1]), values_of(sent[2])::date []) AS w (time_zone, day)
        WHERE (now_at() AT TIME ZONE w.time_zone)::date <> w.day
    ) THEN
        stale := coalesce(stale, '{}');
        now := now_at();
        RETURN;
    END IF;

    sent := columns_of(claims);
    claim_programmes := values_of(sent[1]);
    claim_principals := values_of(sent[2]);
    claim_keys := values_of(sent[3]);
    claim_journals := values_of(sent[5]);

    INSERT INTO idempotency_key (programme, principal, key, fingerprint, journal_id)
    SELECT w.programme, w.principal, w.key, w.fingerprint, w.journal_id
    FROM unnest(claim_programmes, claim_principals, claim_keys, values_of(sent[4]), claim_journals)
        AS w (programme, principal, key, fingerprint, journal_id)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;

    IF counters <> '' THEN
        sent := columns_of(counters);
        counter_programmes := values_of(sent[1]);
        counter_names := values_of(sent[2]);
        counter_subjects := values_of(sent[3]);
        counter_periods := values_of(sent[4]);

        INSERT INTO counter (programme, counter, subject, period)
        SELECT w.programme, w.counter, w.subject, w.period
        FROM unnest(counter_programmes, counter_names, counter_subjects, counter_periods)
            AS w (programme, counter, subject, period)
        ON CONFLICT DO NOTHING;
    END IF;

    IF balances <> '' THEN
        sent := columns_of(balances);
        balance_programmes := values_of(sent[1]);
        balance_owners := values_of(sent[2]);
        balance_purses := values_of(sent[3]);
        balance_units := values_of(sent[4]);
        are_new := values_of(sent[5])::boolean [];
    END IF;

    IF counters <> '' THEN
        SELECT array_agg(c.used), array_agg(c.place) INTO used, counter_places
        FROM unnest(counter_programmes, counter_names, counter_subjects, counter_periods)
            AS w (programme, counter, subject, period)
        LEFT JOIN LATERAL (
            SELECT c.used, c.ctid AS place FROM counter AS c
            WHERE c.programme = w.programme AND c.counter = w.counter AND c.subject = w.subject
                AND c.period = w.period
            LIMIT 1 FOR NO KEY UPDATE
        ) AS c ON TRUE;
    END IF;

    IF open_items <> '' THEN
        sent := columns_of(open_items);

        SELECT
            array_agg(o.kind), array_agg(o.due_on), array_agg(o.ended_by), array_agg(o.ended_kind),
            array_agg(o.ended_on)
        INTO kinds, due_on, ended_by, ended_kinds, ended_on
        FROM unnest(values_of(sent[1]), values_of(sent[2])) AS w (programme, journal_id)
        LEFT JOIN LATERAL (
            SELECT o.kind, o.due_on, o.ended_by, o.ended_kind, o.ended_on FROM open_item AS o
            WHERE o.programme = w.programme AND o.journal_id = w.journal_id
            LIMIT 1 FOR NO KEY UPDATE
        ) AS o ON TRUE;
    END IF;

    IF balances <> '' THEN
        -- Rows are seldom missing, so nobody looks for that beforehand: what was not there is made, and a second pass
        -- reads all of it again (what is locked already costs little).
        FOR pass IN 1..2 LOOP
            totals := NULL;
            versions := NULL;
            bucket_days := NULL;
            bucket_amounts := NULL;
            balance_places := NULL;
            -- Debts by a statement of their own, after the main purses that guard them: one that was made while we
            -- waited is a row that the statement which waited cannot see.
            FOREACH is_debt IN ARRAY ARRAY[FALSE, TRUE] LOOP
                EXIT WHEN is_debt AND 'debt' <> ALL (balance_purses);
                SELECT
                    totals || array_agg(b.total), versions || array_agg(b.account_version),
                    lock_needs.bucket_days || array_agg(b.bucket_days::text),
                    lock_needs.bucket_amounts || array_agg(b.bucket_amounts::text),
                    balance_places || array_agg(b.place::text)
                INTO totals, versions, bucket_days, bucket_amounts, balance_places
                FROM unnest(balance_programmes, balance_owners, balance_purses, balance_units)
                    AS w (programme, owner, purse, unit)
                LEFT JOIN LATERAL (
                    SELECT b.total, b.account_version, b.bucket_days, b.bucket_amounts, b.ctid AS place
                    FROM balance AS b
                    WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
                    LIMIT 1 FOR NO KEY UPDATE
                ) AS b ON TRUE
                WHERE (w.purse = 'debt') = is_debt;
            END LOOP;

            EXIT WHEN pass = 2 OR NOT EXISTS (
                SELECT FROM unnest(totals, are_new) AS w (total, is_new) WHERE w.total IS NULL AND w.is_new
            );
            INSERT INTO balance (programme, owner, purse, unit, floor_amount)
            SELECT w.programme, w.owner, w.purse, w.unit, a.floor_amount
            FROM unnest(balance_programmes, balance_owners, balance_purses, balance_units, are_new, totals)
                AS w (programme, owner, purse, unit, is_new, total)
            CROSS JOIN LATERAL (
                SELECT a.floor_amount FROM account AS a
                WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse LIMIT 1
            ) AS a
            WHERE w.is_new AND w.total IS NULL
            ON CONFLICT DO NOTHING;
        END LOOP;

        SELECT array_agg(a.is_closed) INTO are_closed
        FROM unnest(balance_programmes, balance_owners, balance_purses) AS w (programme, owner, purse)
        LEFT JOIN LATERAL (
            SELECT a.is_closed FROM account AS a
            WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse AND a.is_closed LIMIT 1
        ) AS a ON TRUE;
    END IF;

    IF made < cardinality(claim_keys) THEN
        SELECT array_agg(w.number), array_agg(k.fingerprint), array_agg(k.journal_id)
        INTO held_numbers, held_fingerprints, held_journals
        FROM unnest(claim_programmes, claim_principals, claim_keys, claim_journals)
            WITH ORDINALITY AS w (programme, principal, key, journal_id, number)
        CROSS JOIN LATERAL (
            SELECT k.fingerprint, k.journal_id FROM idempotency_key AS k
            WHERE k.programme = w.programme AND k.principal = w.principal AND k.key = w.key LIMIT 1
        ) AS k
        WHERE k.journal_id <> w.journal_id;
    END IF;

    SELECT array_agg(p.closed_through) INTO closed_through FROM unnest(names) AS w (programme)
    LEFT JOIN LATERAL (
        SELECT p.closed_through FROM closed_period AS p
        WHERE p.programme = w.programme ORDER BY p.closed_through DESC LIMIT 1
    ) AS p ON TRUE;
    now := now_at();
END
$$;

-- Purses without a floor come last and in order, by the batch's sum. Rows that are locked are updated by their place
-- (ctid), which cannot move meanwhile. Versions and balances of entries are counted here, from the rows as they stood,
-- so that an entry can neither skip a version nor disagree with its balance; what a caller could still get wrong is
-- refused by name. Therefore the guards of 0002 and 0005, which look all of it up again, leave this function alone.
CREATE FUNCTION append_decided(
    recorded_at timestamptz, journals text, limited text, unlimited text, entries text, counters text,
    opened text, ended text, series text, receipts text,
    OUT totals bigint [], OUT versions bigint [], OUT numbers bigint []
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ledger, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET enable_material = off SET enable_indexscan = on SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    sent text [];
    ids text [];
    programmes text [];
    entry_counts integer [];
    abouts text [];
    series_programmes text [];
    series_outlets text [];
    series_places tid [];
    befores bigint [];
    series_of integer [];
    receipt_journals integer [];
    receipt_shifts text [];
    places tid [];
    unlimited_places tid [];
    days text [];
    amounts text [];
    entry_accounts integer [];
    entry_journals integer [];
    entry_amounts bigint [];
    account_programmes text [];
    owners text [];
    purses text [];
    units text [];
    culprit record;
    changed bigint;
BEGIN
    sent := columns_of(journals);
    programmes := values_of(sent[1]);
    ids := values_of(sent[2]);
    entry_counts := values_of(sent[7])::integer [];
    abouts := values_of(sent[8]);
    IF EXISTS (SELECT unnest(programmes) EXCEPT SELECT unnest(visible_programmes())) THEN
        RAISE EXCEPTION 'a programme was not locked before it was written to'
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'programmes_are_locked_first';
    END IF;

    -- Receipts are numbered without a gap at each outlet. An outlet's row is held no longer than the programme's own
    -- purses: locked with the facts, it would make lanes wait for one another while they decide.
    IF receipts <> '' THEN
        sent := columns_of(series);
        series_programmes := values_of(sent[1]);
        series_outlets := values_of(sent[2]);
        sent := columns_of(receipts);
        series_of := values_of(sent[1])::integer [];
        receipt_journals := values_of(sent[2])::integer [];
        receipt_shifts := values_of(sent[3]);
        IF EXISTS (
            SELECT FROM unnest(series_of, receipt_journals) AS w (series, journal)
            WHERE series_programmes[w.series] IS DISTINCT FROM programmes[w.journal]
        ) THEN
            RAISE EXCEPTION 'a receipt belongs to the programme of its transaction'
                USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'programmes_are_locked_first';
        END IF;

        INSERT INTO receipt_series (programme, outlet)
        SELECT w.programme, w.outlet FROM unnest(series_programmes, series_outlets) AS w (programme, outlet)
        WHERE (
            SELECT TRUE FROM receipt_series AS s WHERE s.programme = w.programme AND s.outlet = w.outlet LIMIT 1
        ) IS NULL
        ON CONFLICT DO NOTHING;

        SELECT array_agg(s.last_number), array_agg(s.place) INTO befores, series_places
        FROM unnest(series_programmes, series_outlets) AS w (programme, outlet)
        CROSS JOIN LATERAL (
            SELECT s.last_number, s.ctid AS place FROM receipt_series AS s
            WHERE s.programme = w.programme AND s.outlet = w.outlet
            LIMIT 1 FOR NO KEY UPDATE
        ) AS s;
        ASSERT cardinality(befores) = cardinality(series_outlets), 'a series of receipts is not there';

        SELECT array_agg(befores[t.series] + t.turn ORDER BY t.place) INTO numbers
        FROM (
            SELECT w.series, w.place, row_number() OVER (PARTITION BY w.series ORDER BY w.place) AS turn
            FROM unnest(series_of) WITH ORDINALITY AS w (series, place)
        ) AS t;
        INSERT INTO receipt (programme, outlet, number, journal_id, shift)
        SELECT series_programmes[w.series], series_outlets[w.series], w.number, ids[w.journal], w.shift
        FROM unnest(series_of, receipt_journals, numbers, receipt_shifts) AS w (series, journal, number, shift);
        FOR place IN 1..cardinality(numbers) LOOP
            abouts[receipt_journals[place]]
            := left(abouts[receipt_journals[place]], -1) || ',"number":' || numbers[place] || '}';
        END LOOP;
    END IF;

    IF unlimited <> '' THEN
        sent := columns_of(unlimited);
        account_programmes := values_of(sent[1]);
        owners := values_of(sent[2]);
        purses := values_of(sent[3]);
        units := values_of(sent[4]);

        INSERT INTO balance (programme, owner, purse, unit, floor_amount)
        SELECT w.programme, w.owner, w.purse, w.unit, a.floor_amount
        FROM unnest(account_programmes, owners, purses, units) AS w (programme, owner, purse, unit)
        CROSS JOIN LATERAL (
            SELECT a.floor_amount FROM account AS a
            WHERE a.programme = w.programme AND a.owner = w.owner AND a.purse = w.purse LIMIT 1
        ) AS a
        WHERE (
            SELECT TRUE FROM balance AS b
            WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit LIMIT 1
        ) IS NULL
        ON CONFLICT DO NOTHING;

        SELECT array_agg(b.place) INTO unlimited_places
        FROM unnest(account_programmes, owners, purses, units) AS w (programme, owner, purse, unit)
        LEFT JOIN LATERAL (
            SELECT b.ctid AS place FROM balance AS b
            WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
            LIMIT 1 FOR NO KEY UPDATE
        ) AS b ON TRUE;
    END IF;

    sent := columns_of(journals);
    SELECT t.programme, t.first_day INTO culprit
    FROM (
        SELECT w.programme, min(w.effective_on) AS first_day
        FROM unnest(programmes, values_of(sent[5])::date [], values_of(sent[9]))
            AS w (programme, effective_on, refusal)
        WHERE w.refusal IS NULL
        GROUP BY w.programme
    ) AS t
    CROSS JOIN LATERAL (
        SELECT p.closed_through FROM closed_period AS p
        WHERE p.programme = t.programme ORDER BY p.closed_through DESC LIMIT 1
    ) AS p
    WHERE p.closed_through >= t.first_day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the books of % are closed on %', culprit.programme, culprit.first_day
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'closed_books_stay_closed';
    END IF;

    INSERT INTO journal (
        programme, id, kind, principal, recorded_at, effective_on, happened_on, entry_count, about, refusal, trace,
        counts, facts, batch
    )
    SELECT
        w.programme, w.id, w.kind, w.principal, append_decided.recorded_at, w.effective_on, w.happened_on,
        w.entry_count, w.about, w.refusal, w.trace, w.counts, w.facts, w.batch
    FROM unnest(
        programmes, ids, values_of(sent[3]), values_of(sent[4]), values_of(sent[5])::date [],
        values_of(sent[6])::date [], entry_counts, abouts::json [], values_of(sent[9])::json [],
        values_of(sent[10])::json [], values_of(sent[11])::json [], values_of(sent[12])::json [], values_of(sent[13])
    ) AS w (
        programme, id, kind, principal, effective_on, happened_on, entry_count, about, refusal, trace, counts, facts,
        batch
    );

    INSERT INTO outbox (programme, journal_id)
    SELECT w.programme, w.id FROM unnest(programmes, ids) AS w (programme, id);

    IF opened <> '' THEN
        sent := columns_of(opened);
        INSERT INTO open_item (programme, journal_id, kind, due_on)
        SELECT w.programme, w.journal_id, w.kind, w.due_on
        FROM unnest(values_of(sent[1]), values_of(sent[2]), values_of(sent[3]), values_of(sent[4])::date [])
            AS w (programme, journal_id, kind, due_on);
    END IF;

    IF ended <> '' THEN
        sent := columns_of(ended);
        UPDATE open_item AS o SET ended_by = w.ended_by, ended_kind = w.ended_kind, ended_on = w.ended_on
        FROM unnest(
            values_of(sent[1]), values_of(sent[2]), values_of(sent[3]), values_of(sent[4]),
            values_of(sent[5])::date []
        ) AS w (programme, journal_id, ended_by, ended_kind, ended_on)
        WHERE o.programme = w.programme AND o.journal_id = w.journal_id;
    END IF;

    -- From here on rows are found by their place, whatever a planner would think of an empty table's index.
    PERFORM set_config('enable_indexscan', 'off', TRUE);

    IF counters <> '' THEN
        sent := columns_of(counters);
        UPDATE counter AS c SET used = w.used
        FROM unnest(values_of(sent[1])::tid [], values_of(sent[2])::bigint []) AS w (place, used)
        WHERE c.ctid = w.place;
        GET DIAGNOSTICS changed = ROW_COUNT;
        ASSERT changed = cardinality(values_of(sent[1])), 'a counter was not where it was locked';
    END IF;

    IF receipts <> '' THEN
        UPDATE receipt_series AS s SET last_number = s.last_number + w.receipts
        FROM (SELECT w.series, count(*) AS receipts FROM unnest(series_of) AS w (series) GROUP BY w.series) AS w
        WHERE s.ctid = series_places[w.series];
        GET DIAGNOSTICS changed = ROW_COUNT;
        ASSERT changed = cardinality(series_outlets), 'a series of receipts was not where it was locked';
    END IF;

    sent := columns_of(limited);
    places := coalesce(values_of(sent[1])::tid [], '{}') || coalesce(unlimited_places, '{}');
    days := values_of(sent[2]);
    amounts := values_of(sent[3]);
    sent := columns_of(entries);
    entry_accounts := coalesce(values_of(sent[1])::integer [], '{}');
    entry_journals := values_of(sent[2])::integer [];
    entry_amounts := values_of(sent[4])::bigint [];

    WITH moved AS (
        SELECT w.account, total_of(w.amount) AS amount, count(*) AS entries
        FROM unnest(entry_accounts, entry_amounts) AS w (account, amount)
        GROUP BY w.account
    ),
    changed AS (
        UPDATE balance AS b
        SET total = b.total + m.amount, account_version = b.account_version + m.entries,
            bucket_days = coalesce(days[m.account]::date [], '{}'),
            bucket_amounts = coalesce(amounts[m.account]::bigint [], '{}')
        FROM moved AS m
        WHERE b.ctid = places[m.account]
        RETURNING
            m.account, b.programme, b.owner, b.purse, b.unit, b.total - m.amount AS total,
            b.account_version - m.entries AS account_version
    )
    SELECT
        array_agg(c.programme), array_agg(c.owner), array_agg(c.purse), array_agg(c.unit), array_agg(c.total),
        array_agg(c.account_version)
    INTO account_programmes, owners, purses, units, totals, versions
    FROM (
        SELECT c.programme, c.owner, c.purse, c.unit, c.total, c.account_version FROM changed AS c ORDER BY c.account
    ) AS c;
    IF coalesce(cardinality(totals), 0) <> cardinality(places) THEN
        RAISE EXCEPTION 'a balance is not there, was not locked or has no entry'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_moves_with_its_entries';
    END IF;

    SELECT t.journal, bool_or(t.amount <> 0) AS is_unbalanced INTO culprit
    FROM (
        SELECT
            w.journal, total_of(w.amount) AS amount, count(*) AS entries,
            bool_or(account_programmes[w.account] IS DISTINCT FROM programmes[w.journal]) AS is_foreign
        FROM unnest(entry_accounts, entry_journals, entry_amounts) AS w (account, journal, amount)
        GROUP BY w.journal, units[w.account]
    ) AS t
    GROUP BY t.journal
    HAVING bool_or(t.amount <> 0) OR bool_or(t.is_foreign) OR sum(t.entries) <> entry_counts[t.journal] LIMIT 1;
    IF culprit.is_unbalanced THEN
        RAISE EXCEPTION 'entries of % do not add to zero in each unit', ids[culprit.journal]
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_add_to_zero';
    END IF;
    IF FOUND OR cardinality(entry_accounts) <> (SELECT sum(w.entries) FROM unnest(entry_counts) AS w (entries)) THEN
        RAISE EXCEPTION 'journal lines and entries do not belong together'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_arrive_with_their_journal_line';
    END IF;

    INSERT INTO entry (
        programme, owner, purse, unit, account_version, journal_id, line, expires_on, amount, balance_after
    )
    SELECT
        account_programmes[w.account], owners[w.account], purses[w.account], units[w.account],
        versions[w.account] + row_number() OVER by_account, ids[w.journal], row_number() OVER by_journal - 1,
        w.expires_on, w.amount, totals[w.account] + total_of(w.amount) OVER by_account
    FROM unnest(entry_accounts, entry_journals, values_of(sent[3])::date [], entry_amounts)
        WITH ORDINALITY AS w (account, journal, expires_on, amount, number)
    WINDOW
        by_account AS (PARTITION BY w.account ORDER BY w.number),
        by_journal AS (PARTITION BY w.journal ORDER BY w.number);
END
$$;

GRANT EXECUTE ON FUNCTION columns_of, values_of, lock_needs, append_decided TO ledger_service;
