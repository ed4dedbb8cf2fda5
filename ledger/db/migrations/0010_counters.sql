-- Why: counters of supermarkets: their devices, their shifts, and receipts numbered without a gap at each outlet.

-- A device that is registered at an outlet. What it may sell while offline is bound per sale and per day, in points.
CREATE TABLE terminal (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    outlet text COLLATE "C" NOT NULL,
    label text NOT NULL,
    offline_sale_max bigint NOT NULL,
    offline_day_max bigint NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'active',
    registered_by text COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT terminal_once PRIMARY KEY (programme, id),
    CONSTRAINT terminal_outlet_exists FOREIGN KEY (programme, outlet) REFERENCES owner (programme, id),
    CONSTRAINT terminal_state_known CHECK (state IN ('active', 'blocked')),
    CONSTRAINT terminal_bounds_not_negative CHECK (offline_sale_max >= 0 AND offline_day_max >= offline_sale_max)
);
CREATE INDEX terminal_by_outlet ON terminal (programme, outlet, id);

-- From opening to closing; the document that closes it never changes.
CREATE TABLE shift (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    terminal text COLLATE "C" NOT NULL,
    outlet text COLLATE "C" NOT NULL,
    served_by text COLLATE "C" NOT NULL,
    float_fen bigint NOT NULL,
    opened_by text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    opened_in text COLLATE "C" NOT NULL,
    closed_by text COLLATE "C",
    closed_at timestamptz,
    closed_in text COLLATE "C",
    document json,
    CONSTRAINT shift_once PRIMARY KEY (programme, id),
    CONSTRAINT shift_terminal_exists FOREIGN KEY (programme, terminal) REFERENCES terminal (programme, id),
    CONSTRAINT shift_float_not_negative CHECK (float_fen >= 0),
    CONSTRAINT shift_closed_whole CHECK (
        (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (closed_in IS NULL)
        AND (closed_at IS NULL) = (document IS NULL)
    )
);
CREATE UNIQUE INDEX shift_open_once ON shift (programme, terminal) WHERE closed_at IS NULL;
CREATE INDEX shift_by_outlet ON shift (programme, outlet, id);

CREATE FUNCTION guard_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is closed', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'shift_closed_once';
END
$$;
CREATE TRIGGER shift_closed_once BEFORE UPDATE ON shift
FOR EACH ROW WHEN (old.closed_at IS NOT NULL) EXECUTE FUNCTION guard_shift();
CREATE TRIGGER shift_is_never_removed BEFORE DELETE OR TRUNCATE ON shift
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last number that an outlet has given; its row is locked from the append of a batch to its commit (0003).
CREATE TABLE receipt_series (
    programme text COLLATE "C" NOT NULL,
    outlet text COLLATE "C" NOT NULL,
    last_number bigint NOT NULL DEFAULT 0,
    CONSTRAINT receipt_series_once PRIMARY KEY (programme, outlet),
    CONSTRAINT receipt_series_starts_at_zero CHECK (last_number >= 0)
) WITH (fillfactor = 50);

-- Which transaction stands behind a number, and in whose shift it was made.
CREATE TABLE receipt (
    programme text COLLATE "C" NOT NULL,
    outlet text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    shift text COLLATE "C",
    CONSTRAINT receipt_number_once PRIMARY KEY (programme, outlet, number),
    CONSTRAINT receipt_counts_from_one CHECK (number >= 1)
);
CREATE INDEX receipt_by_shift ON receipt (programme, shift, number) WHERE shift IS NOT NULL;
CREATE TRIGGER receipt_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The same number of a terminal with another content: never posted, kept for whoever looks into it.
CREATE TABLE late_fork (
    programme text COLLATE "C" NOT NULL,
    terminal text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    content json NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT late_fork_once PRIMARY KEY (programme, terminal, sequence, fingerprint),
    CONSTRAINT late_fork_terminal_exists FOREIGN KEY (programme, terminal) REFERENCES terminal (programme, id),
    CONSTRAINT late_fork_counts_from_one CHECK (sequence >= 1)
);
CREATE TRIGGER late_fork_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON late_fork
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX journal_late_sales ON journal (programme, id) WHERE kind = 'late_sale';

-- Whoever opens or closes a shift, or blocks a terminal, waits for those who are posting at it.
CREATE FUNCTION take_terminal(programme text, terminal text) RETURNS void LANGUAGE sql VOLATILE
RETURN pg_advisory_xact_lock(5021, hashtext(programme || ' ' || terminal));

-- Posting shares a terminal, closing its shift takes it alone: in memory, so it costs no row version. Taken before
-- everything else that posting locks, in the order in which it is asked for; the state is read by a statement of its
-- own, so what is read after a wait is what the lock protects.
CREATE FUNCTION lock_terminals(
    wanted_programmes text [], wanted_terminals text [],
    OUT outlets text [], OUT states text [], OUT shifts text []
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ledger, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5021, hashtext(w.programme || ' ' || w.terminal))
    FROM unnest(wanted_programmes, wanted_terminals) AS w (programme, terminal);

    SELECT
        array_agg(t.outlet ORDER BY w.number), array_agg(t.state ORDER BY w.number),
        array_agg(s.id ORDER BY w.number)
    INTO outlets, states, shifts
    FROM unnest(wanted_programmes, wanted_terminals) WITH ORDINALITY AS w (programme, terminal, number)
    LEFT JOIN LATERAL (
        SELECT t.outlet, t.state FROM terminal AS t
        WHERE t.programme = w.programme AND t.id = w.terminal LIMIT 1
    ) AS t ON TRUE
    LEFT JOIN LATERAL (
        SELECT s.id FROM shift AS s
        WHERE s.programme = w.programme AND s.terminal = w.terminal AND s.closed_at IS NULL LIMIT 1
    ) AS s ON TRUE;
END
$$;

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['terminal', 'shift', 'receipt_series', 'receipt', 'late_fork'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION take_terminal, lock_terminals FROM public;
GRANT EXECUTE ON FUNCTION take_terminal, lock_terminals TO ledger_service;
GRANT SELECT ON terminal, shift, receipt_series, receipt, late_fork TO ledger_service, ledger_sealer;
GRANT INSERT ON terminal, shift, late_fork TO ledger_service;
GRANT UPDATE (state, label, offline_sale_max, offline_day_max) ON terminal TO ledger_service;
GRANT UPDATE (closed_by, closed_at, closed_in, document) ON shift TO ledger_service;
