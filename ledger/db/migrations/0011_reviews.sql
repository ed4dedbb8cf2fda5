-- Why: an activity is looked at before it counts: evidence, who may approve, every step, and objections to an award.

-- Whether nothing of an award or a donation is left: cancelled under notice, or reversed whole.
CREATE FUNCTION is_undone(of_programme text, of_journal text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = ledger, pg_temp AS $$
    SELECT
        EXISTS (
            SELECT FROM open_item AS i
            WHERE i.programme = of_programme AND i.journal_id = of_journal AND i.ended_kind = 'cancel_pending'
        )
        OR EXISTS (
            SELECT FROM counter AS c
            INNER JOIN journal AS j ON j.programme = c.programme AND j.id = c.subject
            WHERE
                c.programme = of_programme AND c.counter = 'reversals' AND c.subject = of_journal
                AND c.period = 'ever' AND c.used > 0
                AND c.used >= CASE
                    WHEN j.kind IN ('award', 'bonus') THEN (
                        SELECT coalesce(total_of(e.amount), 0) FROM entry AS e
                        WHERE e.journal_id = j.id AND e.amount > 0
                    )
                    ELSE 1
                END
        )
$$;
GRANT EXECUTE ON FUNCTION is_undone TO ledger_service;

-- A donation is what its transaction says, whichever way it came in: nobody writes a second record of it.
CREATE INDEX journal_donations ON journal (programme, id) WHERE kind = 'donate';
CREATE VIEW donation WITH (security_invoker = TRUE) AS
SELECT
    j.programme,
    'don_' || substr(j.id, 5) AS id,
    j.id AS journal_id,
    e.owner AS outlet,
    substr(e.unit, 6) AS item,
    e.amount AS quantity,
    j.about ->> 'owner' AS donor,
    j.about ->> 'rule' AS rule,
    coalesce(j.facts -> 'choices', '{}'::json) AS choices,
    j.facts ->> 'note' AS note,
    j.principal AS inspected_by,
    j.recorded_at AS received_at,
    j.happened_on
FROM journal AS j
INNER JOIN entry AS e ON e.journal_id = j.id AND e.programme = j.programme AND e.purse = 'stock'
WHERE j.kind = 'donate' AND j.refusal IS NULL;
GRANT SELECT ON donation TO ledger_service;

ALTER TABLE activity ADD COLUMN round integer NOT NULL DEFAULT 1;
ALTER TABLE activity ADD COLUMN started_at timestamptz;
ALTER TABLE activity ADD COLUMN ended_at timestamptz;
-- squawk-ignore ban-drop-constraint
ALTER TABLE activity DROP CONSTRAINT activity_state_known;
-- Nothing is released, so no table is large.
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE activity ADD CONSTRAINT activity_state_known CHECK (
    state IN ('recorded', 'returned', 'rejected', 'awarded', 'revoked', 'appealed')
);
-- squawk-ignore ban-drop-constraint
ALTER TABLE activity DROP CONSTRAINT activity_awarded_by_a_transaction;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE activity ADD CONSTRAINT activity_awarded_by_a_transaction CHECK (
    state = 'appealed' OR (state IN ('awarded', 'revoked')) = (journal_id IS NOT NULL)
);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE activity ADD CONSTRAINT activity_ends_after_it_starts CHECK (
    (started_at IS NULL) = (ended_at IS NULL) AND ended_at > started_at
);
CREATE INDEX activity_to_review ON activity (programme, state, id) WHERE state IN ('recorded', 'returned', 'appealed');
GRANT UPDATE (round) ON activity TO ledger_service;

-- Who looks at activities: in which capacities, which member it is, and whose kin, so that nobody judges his own.
CREATE TABLE reviewer (
    programme text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    capacities text [] NOT NULL,
    kin text [] NOT NULL DEFAULT '{}',
    declared_by text COLLATE "C" NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT reviewer_once PRIMARY KEY (programme, principal),
    CONSTRAINT reviewer_is_a_known_member FOREIGN KEY (programme, member) REFERENCES owner (programme, id)
);

-- Every step of an activity, for ever; an approver counts once a round.
CREATE TABLE review_step (
    programme text COLLATE "C" NOT NULL,
    activity text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    round integer NOT NULL,
    deed text COLLATE "C" NOT NULL,
    done_by text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    capacity text COLLATE "C",
    note text,
    state text COLLATE "C" NOT NULL,
    approvals integer NOT NULL,
    needed integer NOT NULL,
    journal_id text COLLATE "C",
    done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT review_step_once PRIMARY KEY (programme, activity, number),
    CONSTRAINT review_step_key_once UNIQUE (programme, done_by, key),
    CONSTRAINT review_step_of_an_activity FOREIGN KEY (programme, activity) REFERENCES activity (programme, id),
    CONSTRAINT review_step_deed_known CHECK (
        deed IN ('approve', 'return', 'reject', 'submit', 'revoke', 'appeal')
    )
);
CREATE UNIQUE INDEX review_step_approver_once ON review_step (programme, activity, round, done_by)
WHERE deed = 'approve';

-- A file that shows what was done. What others see carries neither place nor time; those stand here.
CREATE TABLE evidence (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    activity text COLLATE "C" NOT NULL,
    sha256 text COLLATE "C" NOT NULL,
    sent_sha256 text COLLATE "C" NOT NULL,
    media_type text COLLATE "C" NOT NULL,
    bytes bigint NOT NULL,
    width integer,
    height integer,
    taken_at text COLLATE "C",
    latitude double precision,
    longitude double precision,
    look bigint,
    warnings text [] NOT NULL DEFAULT '{}',
    sent_by text COLLATE "C" NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT evidence_once PRIMARY KEY (programme, id),
    CONSTRAINT evidence_used_once UNIQUE (programme, sha256),
    CONSTRAINT evidence_sent_once UNIQUE (programme, sent_sha256),
    CONSTRAINT evidence_of_an_activity FOREIGN KEY (programme, activity) REFERENCES activity (programme, id)
);
CREATE INDEX evidence_by_activity ON evidence (programme, activity, id);

CREATE FUNCTION look_differs(one bigint, other bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN bit_count(int8xor(one, other)::bit(64));

-- An objection holds one award: while it is open, the notice of that award has no end.
CREATE TABLE objection (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    note text NOT NULL,
    raised_by text COLLATE "C" NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_on date NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'open',
    decided_by text COLLATE "C",
    decided_at timestamptz,
    decision_note text,
    cancelled_by text COLLATE "C",
    CONSTRAINT objection_once PRIMARY KEY (programme, id),
    CONSTRAINT objection_state_known CHECK (state IN ('open', 'upheld', 'dismissed')),
    CONSTRAINT objection_decided_whole CHECK (
        (state = 'open') = (decided_by IS NULL) AND (state = 'open') = (decided_at IS NULL)
    ),
    CONSTRAINT objection_not_decided_by_whoever_raised_it CHECK (decided_by <> raised_by),
    CONSTRAINT objection_upheld_by_a_transaction CHECK ((state = 'upheld') = (cancelled_by IS NOT NULL))
);
CREATE INDEX objection_open ON objection (programme, journal_id) WHERE state = 'open';
CREATE FUNCTION guard_objection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is decided already', old.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'objection_decided_once';
END
$$;
CREATE TRIGGER objection_decided_once BEFORE UPDATE ON objection
FOR EACH ROW WHEN (old.state <> 'open') EXECUTE FUNCTION guard_objection();
CREATE TRIGGER objection_is_never_removed BEFORE DELETE OR TRUNCATE ON objection
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_step_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON review_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Hours that somebody served and was awarded for; the person's row in owner is locked while they are looked at.
CREATE TABLE service_hour (
    programme text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    CONSTRAINT service_hour_once PRIMARY KEY (programme, person, started_at, journal_id),
    CONSTRAINT service_hour_ends_after_it_starts CHECK (ended_at > started_at)
);
CREATE TRIGGER service_hour_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON service_hour
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['reviewer', 'review_step', 'evidence', 'objection', 'service_hour'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
        EXECUTE format('GRANT SELECT ON %I TO ledger_sealer', tenant);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO ledger_service', tenant);
    END LOOP;
END
$$;
GRANT UPDATE (member, capacities, kin, declared_by, declared_at) ON reviewer TO ledger_service;
GRANT UPDATE (state, decided_by, decided_at, decision_note, cancelled_by) ON objection TO ledger_service;
GRANT UPDATE (due_on) ON open_item TO ledger_service;
