-- Why: a large correction waits for a second person, whose own key approves what the first one asked for.

-- Kept as asked, under the refusal that stands in the journal for it: the id is made of that transaction's.
CREATE TABLE adjustment (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    command json NOT NULL,
    effective_on date,
    asked_by text COLLATE "C" NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text COLLATE "C" NOT NULL DEFAULT 'waiting',
    decided_by text COLLATE "C",
    decided_at timestamptz,
    journal_id text COLLATE "C",
    CONSTRAINT adjustment_once PRIMARY KEY (programme, id),
    CONSTRAINT adjustment_state_known CHECK (state IN ('waiting', 'posted', 'declined')),
    CONSTRAINT adjustment_decided_whole CHECK (
        (state = 'waiting') = (decided_by IS NULL) AND (state = 'waiting') = (decided_at IS NULL)
    ),
    CONSTRAINT adjustment_posted_by_a_transaction CHECK ((state = 'posted') = (journal_id IS NOT NULL)),
    CONSTRAINT adjustment_decided_by_another CHECK (state <> 'posted' OR decided_by <> asked_by)
);
CREATE INDEX adjustment_waiting ON adjustment (programme, id) WHERE state = 'waiting';

CREATE FUNCTION guard_adjustment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is decided already', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'adjustment_decided_once';
END
$$;
CREATE TRIGGER adjustment_decided_once BEFORE UPDATE ON adjustment
FOR EACH ROW WHEN (old.state <> 'waiting') EXECUTE FUNCTION guard_adjustment();
CREATE TRIGGER adjustment_is_never_removed BEFORE DELETE OR TRUNCATE ON adjustment
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE adjustment ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON adjustment USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT ON adjustment TO ledger_sealer;
GRANT SELECT, INSERT ON adjustment TO ledger_service;
GRANT UPDATE (state, decided_by, decided_at, journal_id) ON adjustment TO ledger_service;
