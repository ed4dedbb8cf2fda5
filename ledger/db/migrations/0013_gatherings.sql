-- Why: many at once: inspection sheets, sign-up lists, events of other systems, and who is left out of bulletins.

-- A sheet scores every household of an area by one rule; it is posted, and taken back, as one named batch.
CREATE TABLE inspection (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    title text NOT NULL,
    area text COLLATE "C",
    happened_on date NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'open',
    attempt integer NOT NULL DEFAULT 1,
    opened_by text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    posted_by text COLLATE "C",
    CONSTRAINT inspection_once PRIMARY KEY (programme, id),
    CONSTRAINT inspection_state_known CHECK (state IN ('open', 'posting', 'posted', 'reversing', 'reversed')),
    CONSTRAINT inspection_posted_by_somebody CHECK ((state = 'open') = (posted_by IS NULL))
);
CREATE INDEX inspection_at_work ON inspection (programme, id) WHERE state IN ('posting', 'reversing');

-- One household's line: null facts until somebody has been there.
CREATE TABLE inspection_line (
    programme text COLLATE "C" NOT NULL,
    inspection text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    facts json,
    outcome text COLLATE "C",
    reason text COLLATE "C",
    journal_id text COLLATE "C",
    CONSTRAINT inspection_line_once PRIMARY KEY (programme, inspection, owner),
    CONSTRAINT inspection_line_of_a_sheet FOREIGN KEY (programme, inspection) REFERENCES inspection (programme, id),
    CONSTRAINT inspection_line_outcome_known CHECK (outcome IN ('posted', 'refused', 'reversed', 'kept'))
) WITH (fillfactor = 70);

-- One rater's mark; how several become one is the rule's business.
CREATE TABLE inspection_mark (
    programme text COLLATE "C" NOT NULL,
    inspection text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    fact text COLLATE "C" NOT NULL,
    rater text COLLATE "C" NOT NULL,
    mark integer NOT NULL,
    CONSTRAINT inspection_mark_once PRIMARY KEY (programme, inspection, owner, fact, rater),
    CONSTRAINT inspection_mark_on_a_line FOREIGN KEY (programme, inspection, owner)
    REFERENCES inspection_line (programme, inspection, owner)
);

-- Row-level security hides every programme that is not named; the job that posts asks which have work for it.
CREATE FUNCTION inspections_at_work() RETURNS TABLE (programme text, id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
    SELECT i.programme, i.id FROM inspection AS i WHERE i.state IN ('posting', 'reversing') ORDER BY 1, 2 LIMIT 100;
$$;
REVOKE ALL ON FUNCTION inspections_at_work FROM public;
GRANT EXECUTE ON FUNCTION inspections_at_work TO ledger_service;

-- A call for helpers; everybody who came is credited in one named batch.
CREATE TABLE sign_up_list (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    capacity integer NOT NULL,
    state text COLLATE "C" NOT NULL DEFAULT 'open',
    opened_by text COLLATE "C" NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sign_up_list_once PRIMARY KEY (programme, id),
    CONSTRAINT sign_up_list_state_known CHECK (state IN ('open', 'credited', 'cancelled')),
    CONSTRAINT sign_up_list_ends_after_it_starts CHECK (ends_at > starts_at),
    CONSTRAINT sign_up_list_bounded CHECK (capacity BETWEEN 1 AND 500)
);

CREATE TABLE sign_up (
    programme text COLLATE "C" NOT NULL,
    list text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    signed_at timestamptz,
    withdrawn_at timestamptz,
    came_at timestamptz,
    left_at timestamptz,
    marked_by text COLLATE "C",
    outcome text COLLATE "C",
    reason text COLLATE "C",
    journal_id text COLLATE "C",
    CONSTRAINT sign_up_once PRIMARY KEY (programme, list, person),
    CONSTRAINT sign_up_on_a_list FOREIGN KEY (programme, list) REFERENCES sign_up_list (programme, id),
    CONSTRAINT sign_up_leaves_after_coming CHECK ((came_at IS NULL) = (left_at IS NULL) AND left_at > came_at),
    CONSTRAINT sign_up_outcome_known CHECK (outcome IN ('credited', 'refused'))
);

-- Another system that reports closed cases. Its secret is made of a key outside the database and of the version.
CREATE TABLE event_source (
    programme text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    version integer NOT NULL DEFAULT 1,
    declared_by text COLLATE "C" NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at timestamptz,
    CONSTRAINT event_source_once PRIMARY KEY (programme, source)
);

-- Accepted once, for ever; the answer is kept, so that a second delivery gets the same.
CREATE TABLE foreign_event (
    programme text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    answer json NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT foreign_event_once PRIMARY KEY (programme, source, event),
    CONSTRAINT foreign_event_of_a_source FOREIGN KEY (programme, source)
    REFERENCES event_source (programme, source)
);
CREATE TRIGGER foreign_event_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON foreign_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who does not want to be named in bulletins. A notice names all of its awards: it is there to be checked.
CREATE TABLE unlisted (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    asked_by text COLLATE "C" NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT unlisted_once PRIMARY KEY (programme, owner),
    CONSTRAINT unlisted_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id)
);

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY[
        'inspection', 'inspection_line', 'inspection_mark', 'sign_up_list', 'sign_up', 'event_source', 'foreign_event',
        'unlisted'
    ] LOOP
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
GRANT UPDATE (state, attempt, posted_by) ON inspection TO ledger_service;
GRANT UPDATE (facts, outcome, reason, journal_id) ON inspection_line TO ledger_service;
GRANT UPDATE (mark) ON inspection_mark TO ledger_service;
GRANT UPDATE (state) ON sign_up_list TO ledger_service;
GRANT UPDATE (signed_at, withdrawn_at, came_at, left_at, marked_by, outcome, reason, journal_id)
ON sign_up TO ledger_service;
GRANT UPDATE (version, declared_by, declared_at, withdrawn_at) ON event_source TO ledger_service;
GRANT DELETE ON unlisted TO ledger_service;
