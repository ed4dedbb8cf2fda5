-- Why: numbered vouchers on paper, each worth some points once, in series that can be reconciled.

CREATE TABLE voucher_series (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    points bigint NOT NULL,
    count integer NOT NULL,
    valid_until date,
    printings integer NOT NULL DEFAULT 0,
    issued_by text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    activated_by text COLLATE "C",
    activated_at timestamptz,
    CONSTRAINT voucher_series_once PRIMARY KEY (programme, id),
    CONSTRAINT voucher_series_name_once UNIQUE (programme, name),
    CONSTRAINT voucher_series_worth_something CHECK (points > 0 AND count BETWEEN 1 AND 1000),
    CONSTRAINT voucher_series_activated_whole CHECK ((activated_by IS NULL) = (activated_at IS NULL))
);

-- Of the check letters only the hash; who holds a paper voucher nobody knows until it comes back.
CREATE TABLE voucher (
    programme text COLLATE "C" NOT NULL,
    series text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    check_hash bytea,
    state text COLLATE "C" NOT NULL DEFAULT 'issued',
    owner text COLLATE "C",
    journal_id text COLLATE "C",
    ended_by text COLLATE "C",
    ended_at timestamptz,
    ended_for text,
    CONSTRAINT voucher_once PRIMARY KEY (programme, series, number),
    CONSTRAINT voucher_series_exists FOREIGN KEY (programme, series) REFERENCES voucher_series (programme, id),
    CONSTRAINT voucher_state_known CHECK (state IN ('issued', 'redeemed', 'void')),
    CONSTRAINT voucher_redeemed_by_a_transaction CHECK ((state = 'redeemed') = (journal_id IS NOT NULL)),
    CONSTRAINT voucher_redeemed_for_somebody CHECK ((state = 'redeemed') = (owner IS NOT NULL)),
    CONSTRAINT voucher_ended_whole CHECK (
        (state = 'issued') = (ended_by IS NULL) AND (state = 'issued') = (ended_at IS NULL)
    )
);

CREATE FUNCTION guard_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is % already', old.number, old.series, old.state
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'voucher_ends_once';
END
$$;
CREATE TRIGGER voucher_ends_once BEFORE UPDATE ON voucher
FOR EACH ROW WHEN (old.state <> 'issued') EXECUTE FUNCTION guard_voucher();
CREATE TRIGGER voucher_is_never_removed BEFORE DELETE OR TRUNCATE ON voucher
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER voucher_series_is_never_removed BEFORE DELETE OR TRUNCATE ON voucher_series
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE voucher_series ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON voucher_series USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT ON voucher_series TO ledger_service;
GRANT UPDATE (printings, activated_by, activated_at) ON voucher_series TO ledger_service;
ALTER TABLE voucher ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON voucher USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT ON voucher TO ledger_service;
GRANT UPDATE (check_hash, state, owner, journal_id, ended_by, ended_at, ended_for) ON voucher TO ledger_service;
