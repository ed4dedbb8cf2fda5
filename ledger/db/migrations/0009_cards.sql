-- Why: what people show at a counter, and who may spend for somebody else; contacts beside their names.

ALTER TABLE person ADD COLUMN phone text;
GRANT UPDATE (phone) ON person TO ledger_service;

-- An appointment ends and is never changed: other limits are another appointment.
CREATE TABLE helper (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    per_day bigint,
    per_spend bigint,
    ends_at timestamptz,
    appointed_by text COLLATE "C" NOT NULL,
    appointed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_by text COLLATE "C",
    ended_at timestamptz,
    CONSTRAINT helper_once PRIMARY KEY (programme, id),
    CONSTRAINT helper_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id),
    CONSTRAINT helper_member_exists FOREIGN KEY (programme, member) REFERENCES owner (programme, id),
    CONSTRAINT helper_is_somebody_else CHECK (member <> owner),
    CONSTRAINT helper_limits_not_negative CHECK (per_day >= 0 AND per_spend >= 0),
    CONSTRAINT helper_ended_whole CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX helper_appointed_once ON helper (programme, owner, member) WHERE ended_at IS NULL;
CREATE INDEX helper_by_member ON helper (programme, member);

-- The code itself stands on the card only; whoever reads this table cannot make one.
CREATE TABLE card (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    helper text COLLATE "C",
    carrier text COLLATE "C" NOT NULL,
    number text COLLATE "C",
    nfc_number text COLLATE "C",
    replaces text COLLATE "C",
    code_hash bytea,
    printings integer NOT NULL DEFAULT 0,
    state text COLLATE "C" NOT NULL DEFAULT 'pending',
    issued_by text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    activated_by text COLLATE "C",
    activated_at timestamptz,
    blocked_by text COLLATE "C",
    blocked_at timestamptz,
    blocked_for text,
    replaced_by text COLLATE "C",
    replaced_at timestamptz,
    CONSTRAINT card_once PRIMARY KEY (programme, id),
    CONSTRAINT card_code_once UNIQUE (programme, code_hash),
    CONSTRAINT card_is_replaced_once UNIQUE (programme, replaces),
    CONSTRAINT card_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id),
    CONSTRAINT card_member_exists FOREIGN KEY (programme, member) REFERENCES owner (programme, id),
    CONSTRAINT card_helper_exists FOREIGN KEY (programme, helper) REFERENCES helper (programme, id),
    CONSTRAINT card_replaces_a_card FOREIGN KEY (programme, replaces) REFERENCES card (programme, id),
    CONSTRAINT card_carrier_known CHECK (carrier IN ('qr', 'barcode', 'nfc', 'passbook')),
    CONSTRAINT card_state_known CHECK (state IN ('pending', 'active', 'blocked', 'replaced')),
    CONSTRAINT card_of_a_helper_names_who_acts CHECK (helper IS NULL OR member IS NOT NULL),
    CONSTRAINT card_states_leave_their_mark CHECK (
        (state <> 'active' OR activated_at IS NOT NULL) AND (state <> 'blocked' OR blocked_at IS NOT NULL)
        AND (state = 'replaced') = (replaced_at IS NOT NULL)
    )
);
CREATE UNIQUE INDEX card_number_once ON card (programme, number) WHERE state <> 'replaced';
CREATE UNIQUE INDEX card_nfc_number_once ON card (programme, nfc_number) WHERE state <> 'replaced';
CREATE INDEX card_by_number ON card (programme, number) WHERE number IS NOT NULL;
CREATE INDEX card_by_nfc_number ON card (programme, nfc_number) WHERE nfc_number IS NOT NULL;
CREATE INDEX card_by_owner ON card (programme, owner, id);
CREATE INDEX card_by_helper ON card (programme, helper) WHERE helper IS NOT NULL;

CREATE FUNCTION guard_card() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% was % and never goes back', old.id, old.state
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'card_life_goes_forward';
END
$$;
CREATE TRIGGER card_life_goes_forward BEFORE UPDATE ON card
FOR EACH ROW WHEN (
    old.state = 'replaced' OR (old.state = 'blocked' AND new.state <> 'replaced')
    OR (old.state = 'active' AND new.state = 'pending')
    OR (old.state <> 'pending' AND old.code_hash IS NOT NULL AND new.code_hash IS DISTINCT FROM old.code_hash)
) EXECUTE FUNCTION guard_card();
CREATE TRIGGER card_is_never_removed BEFORE DELETE OR TRUNCATE ON card
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION guard_helper() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% has ended already', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'helper_ends_once';
END
$$;
CREATE TRIGGER helper_ends_once BEFORE UPDATE ON helper
FOR EACH ROW WHEN (old.ended_at IS NOT NULL) EXECUTE FUNCTION guard_helper();
CREATE TRIGGER helper_is_never_removed BEFORE DELETE OR TRUNCATE ON helper
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE helper ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON helper USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT ON helper TO ledger_service;
GRANT UPDATE (ended_by, ended_at) ON helper TO ledger_service;

ALTER TABLE card ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON card USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT ON card TO ledger_service;
GRANT UPDATE (
    code_hash, printings, state, activated_by, activated_at, blocked_by, blocked_at, blocked_for, replaced_by,
    replaced_at
) ON card TO ledger_service;
