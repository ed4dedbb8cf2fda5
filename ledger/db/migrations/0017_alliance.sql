-- Why: the merchant alliance: who is enrolled, what shops offer, codes that residents confirm, and statements paid.

CREATE TABLE merchant (
    programme text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    applied_by text COLLATE "C" NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT merchant_once PRIMARY KEY (programme, merchant),
    CONSTRAINT merchant_is_an_owner FOREIGN KEY (programme, merchant) REFERENCES owner (programme, id),
    CONSTRAINT merchant_state_known CHECK (state IN ('applied', 'active', 'suspended', 'ended'))
);

-- Shops that stood in a catalogue before there was an application were enrolled by it.
INSERT INTO merchant (programme, merchant, state, applied_by)
SELECT o.programme, o.id, 'active', 'system:migration' FROM owner AS o
WHERE o.kind = 'merchant';

-- Who let a shop in, stopped it or ended it, when and why.
CREATE TABLE merchant_step (
    programme text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    step integer NOT NULL,
    state text COLLATE "C" NOT NULL,
    done_by text COLLATE "C" NOT NULL,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    CONSTRAINT merchant_step_once PRIMARY KEY (programme, merchant, step),
    CONSTRAINT merchant_step_counts_from_one CHECK (step >= 1)
);

-- The person to speak to is personal: apart, so that it can be changed and forgotten.
CREATE TABLE merchant_contact (
    programme text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    name text NOT NULL,
    phone text,
    CONSTRAINT merchant_contact_once PRIMARY KEY (programme, merchant),
    CONSTRAINT merchant_contact_of_a_merchant FOREIGN KEY (programme, merchant) REFERENCES merchant (
        programme, merchant
    )
);

CREATE TABLE shop_offer (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    offer text COLLATE "C" NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    points bigint NOT NULL,
    effective_from date NOT NULL,
    proposed_by text COLLATE "C" NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text COLLATE "C" NOT NULL DEFAULT 'proposed',
    decided_by text COLLATE "C",
    decided_at timestamptz,
    CONSTRAINT shop_offer_once PRIMARY KEY (programme, id),
    CONSTRAINT shop_offer_of_a_merchant FOREIGN KEY (programme, merchant) REFERENCES merchant (programme, merchant),
    CONSTRAINT shop_offer_state_known CHECK (state IN ('proposed', 'approved', 'declined', 'withdrawn')),
    CONSTRAINT shop_offer_decided_whole CHECK (
        (state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_at IS NULL)
    ),
    CONSTRAINT shop_offer_approved_by_another CHECK (state <> 'approved' OR decided_by <> proposed_by),
    CONSTRAINT shop_offer_points_not_negative CHECK (points >= 0)
);
CREATE INDEX shop_offer_by_merchant ON shop_offer (programme, merchant, id);

-- Shown by the shop for some minutes; a resident confirms it once.
CREATE TABLE shop_code (
    programme text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    lines json NOT NULL,
    shown_by text COLLATE "C" NOT NULL,
    shown_at timestamptz NOT NULL,
    lapses_at timestamptz NOT NULL,
    owner text COLLATE "C",
    journal_id text COLLATE "C",
    CONSTRAINT shop_code_once PRIMARY KEY (programme, code),
    CONSTRAINT shop_code_asked_for_once UNIQUE (programme, id),
    CONSTRAINT shop_code_of_a_merchant FOREIGN KEY (programme, merchant) REFERENCES merchant (programme, merchant),
    CONSTRAINT shop_code_lapses CHECK (lapses_at > shown_at),
    CONSTRAINT shop_code_confirmed_whole CHECK ((owner IS NULL) = (journal_id IS NULL))
);

-- A statement is a range of versions of one claims account; rests are what rounding has left over so far.
CREATE TABLE settlement (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    first_version bigint NOT NULL,
    last_version bigint NOT NULL,
    through_on date NOT NULL,
    opening bigint NOT NULL,
    settled bigint NOT NULL,
    closing bigint NOT NULL,
    rest_commission_points text COLLATE "C" NOT NULL,
    rest_fen text COLLATE "C" NOT NULL,
    rest_commission_fen text COLLATE "C" NOT NULL,
    checkpoint_size bigint,
    drawn_by text COLLATE "C" NOT NULL,
    drawn_at timestamptz NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'drawn',
    answered_by text COLLATE "C",
    answered_at timestamptz,
    paid_by text COLLATE "C",
    paid_at timestamptz,
    payment json,
    journal_id text COLLATE "C",
    closed_by text COLLATE "C",
    closed_at timestamptz,
    CONSTRAINT settlement_once PRIMARY KEY (programme, id),
    CONSTRAINT settlement_number_once UNIQUE (programme, merchant, unit, number),
    CONSTRAINT settlement_of_a_merchant FOREIGN KEY (programme, merchant) REFERENCES merchant (programme, merchant),
    CONSTRAINT settlement_range_runs_forward CHECK (first_version >= 1 AND last_version >= first_version - 1),
    CONSTRAINT settlement_state_known CHECK (
        state IN ('drawn', 'disputed', 'resolved', 'confirmed', 'paid', 'carried', 'closed')
    ),
    CONSTRAINT settlement_paid_by_a_transaction CHECK (
        (paid_by IS NULL) = (journal_id IS NULL) AND (paid_by IS NULL) = (paid_at IS NULL)
    ),
    CONSTRAINT settlement_paid_where_it_says CHECK (state NOT IN ('paid', 'closed') OR journal_id IS NOT NULL),
    CONSTRAINT settlement_answered_by_another CHECK (answered_by <> drawn_by)
);
CREATE UNIQUE INDEX settlement_transaction_once ON settlement (programme, journal_id);

CREATE TABLE settlement_line (
    programme text COLLATE "C" NOT NULL,
    settlement text COLLATE "C" NOT NULL,
    line integer NOT NULL,
    merchant text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    account_version bigint NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    effective_on date NOT NULL,
    rated_on date NOT NULL,
    points bigint NOT NULL,
    rate text COLLATE "C" NOT NULL,
    share text COLLATE "C" NOT NULL,
    commission_points bigint NOT NULL,
    fen bigint NOT NULL,
    commission_fen bigint NOT NULL,
    carried_from text COLLATE "C",
    state text COLLATE "C" NOT NULL DEFAULT 'open',
    carried_to text COLLATE "C",
    dispute text,
    answer text,
    CONSTRAINT settlement_line_once PRIMARY KEY (programme, settlement, line),
    CONSTRAINT settlement_line_in_a_settlement
    FOREIGN KEY (programme, settlement) REFERENCES settlement (programme, id),
    CONSTRAINT settlement_line_state_known CHECK (state IN ('open', 'disputed', 'kept', 'carried')),
    CONSTRAINT settlement_line_carried_once CHECK (carried_to IS NULL OR state = 'carried')
);
-- However many statements are drawn at once: a claim stands in one of them, or waits for the next.
CREATE UNIQUE INDEX claim_settled_once ON settlement_line (programme, merchant, unit, account_version)
WHERE state <> 'carried';
CREATE INDEX settlement_line_waiting ON settlement_line (programme, merchant, unit)
WHERE state = 'carried' AND carried_to IS NULL;

-- A price list or rulebook that leaves too little behind the points: as asked for, until another person signs.
CREATE TABLE asked_publication (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    body json NOT NULL,
    numbers json NOT NULL,
    asked_by text COLLATE "C" NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text COLLATE "C" NOT NULL DEFAULT 'waiting',
    decided_by text COLLATE "C",
    decided_at timestamptz,
    version text COLLATE "C",
    CONSTRAINT asked_publication_once PRIMARY KEY (programme, id),
    CONSTRAINT asked_publication_kind_known CHECK (kind IN ('catalogue', 'rulebook')),
    CONSTRAINT asked_publication_state_known CHECK (state IN ('waiting', 'published', 'declined')),
    CONSTRAINT asked_publication_decided_whole CHECK (
        (state = 'waiting') = (decided_by IS NULL) AND (state = 'waiting') = (decided_at IS NULL)
    ),
    CONSTRAINT asked_publication_signed_by_another CHECK (state <> 'published' OR decided_by <> asked_by)
);

CREATE FUNCTION guard_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.state || ' ' || new.state NOT IN (
        'drawn confirmed', 'drawn disputed', 'disputed disputed', 'disputed resolved', 'disputed carried',
        'confirmed paid', 'resolved paid', 'paid closed'
    ) THEN
        RAISE EXCEPTION '% goes not from % to %', old.id, old.state, new.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'settlement_goes_forward';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER settlement_goes_forward BEFORE UPDATE ON settlement
FOR EACH ROW EXECUTE FUNCTION guard_settlement();

CREATE FUNCTION guard_settlement_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT s.state FROM settlement AS s WHERE s.programme = old.programme AND s.id = old.settlement)
        NOT IN ('drawn', 'disputed') AND (old.state <> 'carried' OR new.state <> 'carried')
    THEN
        RAISE EXCEPTION 'lines of % are agreed', old.settlement
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'settlement_lines_stay_agreed';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER settlement_lines_stay_agreed BEFORE UPDATE ON settlement_line
FOR EACH ROW EXECUTE FUNCTION guard_settlement_line();

CREATE FUNCTION guard_asked_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is decided already', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'asked_publication_decided_once';
END
$$;
CREATE TRIGGER asked_publication_decided_once BEFORE UPDATE ON asked_publication
FOR EACH ROW WHEN (old.state <> 'waiting') EXECUTE FUNCTION guard_asked_publication();

CREATE TRIGGER merchant_step_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON merchant_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_is_never_removed BEFORE DELETE OR TRUNCATE ON settlement
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_line_is_never_removed BEFORE DELETE OR TRUNCATE ON settlement_line
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER shop_offer_is_never_removed BEFORE DELETE OR TRUNCATE ON shop_offer
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER asked_publication_is_never_removed BEFORE DELETE OR TRUNCATE ON asked_publication
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY[
        'merchant', 'merchant_step', 'merchant_contact', 'shop_offer', 'shop_code', 'settlement', 'settlement_line',
        'asked_publication'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;
GRANT SELECT ON
merchant, merchant_step, merchant_contact, shop_offer, shop_code, settlement, settlement_line, asked_publication
TO ledger_service, ledger_sealer;
GRANT INSERT ON
merchant, merchant_step, merchant_contact, shop_offer, shop_code, settlement, settlement_line, asked_publication
TO ledger_service;
GRANT UPDATE (state) ON merchant TO ledger_service;
GRANT UPDATE (name, phone) ON merchant_contact TO ledger_service;
GRANT DELETE ON merchant_contact TO ledger_service;
GRANT UPDATE (state, effective_from, decided_by, decided_at) ON shop_offer TO ledger_service;
GRANT UPDATE (owner, journal_id) ON shop_code TO ledger_service;
GRANT UPDATE (
    state, answered_by, answered_at, paid_by, paid_at, payment, journal_id, closed_by, closed_at
) ON settlement TO ledger_service;
GRANT UPDATE (state, carried_to, dispute, answer) ON settlement_line TO ledger_service;
GRANT UPDATE (state, decided_by, decided_at, version) ON asked_publication TO ledger_service;
