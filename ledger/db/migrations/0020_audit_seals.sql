-- Why: the audit log is evidence: sealed as the journal is, a log for each programme and one for what belongs to none.

-- What changes something is written down before it is done, as 102; a second event then says how it was answered.
ALTER TABLE audit_event ADD COLUMN answers text COLLATE "C";
-- No row answers anything yet.
ALTER TABLE audit_event ADD CONSTRAINT audit_answer_of_an_event FOREIGN KEY (programme, answers)
REFERENCES audit_event (programme, id) NOT VALID;
CREATE UNIQUE INDEX audit_event_answered_once ON audit_event (programme, answers) WHERE answers IS NOT NULL;

-- As the service makes ids: 42 bits of milliseconds, then chance, of which ten bits tell the microsecond.
CREATE FUNCTION new_audit_id() RETURNS text LANGUAGE sql VOLATILE AS $$
    WITH made AS (
        SELECT
            (m.micros / 1000) * 1024 + m.micros % 1000 AS moment,
            ('x' || right(replace(gen_random_uuid()::text, '-', ''), 10))::bit(40)::bigint & 274877906943 AS chance
        FROM (SELECT (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint - 1577836800000000 AS micros) AS m
    ),

    halves AS (
        SELECT 1 AS half, 9 AS digits, m.moment >> 2 AS number FROM made AS m
        UNION ALL
        SELECT 2, 7, (m.moment & 3) << 38 | m.chance FROM made AS m
    )

    SELECT 'aud_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', (h.number >> (5 * d.digit) & 31)::integer + 1, 1), ''
        ORDER BY h.half, d.digit DESC
    )
    FROM halves AS h
    CROSS JOIN generate_series(0, h.digits) AS d (digit)
$$;
ALTER TABLE audit_event ALTER COLUMN id SET DEFAULT new_audit_id();

-- Name and time of an event are the database's: whoever serves cannot put one where others stand already.
REVOKE INSERT ON audit_event FROM ledger_service;
GRANT INSERT (programme, node, principal, key, address, verb, about, status, code, answers) ON audit_event
TO ledger_service;

CREATE TABLE audit_outbox (
    programme text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    CONSTRAINT audit_outbox_once PRIMARY KEY (programme, event)
);

CREATE TABLE audit_leaf (
    programme text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    event text COLLATE "C" NOT NULL,
    CONSTRAINT audit_leaf_once PRIMARY KEY (programme, position),
    CONSTRAINT audit_leaf_of_one_event UNIQUE (programme, event),
    CONSTRAINT audit_leaf_counts_from_zero CHECK (position >= 0)
);

CREATE TABLE audit_salt (
    programme text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    salts json NOT NULL,
    CONSTRAINT audit_salt_once PRIMARY KEY (programme, position)
);

CREATE TABLE audit_tile (
    programme text COLLATE "C" NOT NULL,
    level integer NOT NULL,
    place bigint NOT NULL,
    digests bytea NOT NULL,
    CONSTRAINT audit_tile_once PRIMARY KEY (programme, level, place),
    CONSTRAINT audit_tile_of_whole_hashes CHECK (length(digests) BETWEEN 32 AND 8192 AND length(digests) % 32 = 0)
);
ALTER TABLE audit_tile ALTER COLUMN digests SET STORAGE EXTERNAL;

CREATE TABLE audit_checkpoint (
    programme text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    sealed_at timestamptz NOT NULL,
    CONSTRAINT audit_checkpoint_once PRIMARY KEY (programme, size),
    CONSTRAINT audit_checkpoint_of_something CHECK (size > 0 AND length(root) = 32)
);

-- In the same database transaction as the event, whoever writes it.
CREATE FUNCTION wait_for_the_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    INSERT INTO audit_outbox (programme, event) SELECT a.programme, a.id FROM added AS a;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION wait_for_the_seal FROM public;
CREATE TRIGGER audit_event_waits_for_the_seal AFTER INSERT ON audit_event
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION wait_for_the_seal();

-- An emptied reason leaves its commitment in the place of the salt, so that the sealed leaf stays what it was.
CREATE FUNCTION keep_reason_commitment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    -- The sealer's turn: it must not hash a reason that goes while it reads it.
    PERFORM pg_advisory_xact_lock(5013, hashtext(old.programme));
    UPDATE audit_salt AS s SET salts = s.salts::jsonb || jsonb_build_object(
        'reason',
        encode(sha256(decode(s.salts ->> 'reason', 'hex') || convert_to(old.reason, 'UTF8')), 'hex')
    )
    FROM audit_leaf AS l
    WHERE l.programme = old.programme AND l.event = old.event AND s.programme = l.programme
        AND s.position = l.position AND length(s.salts ->> 'reason') = 32;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION keep_reason_commitment FROM public;
CREATE TRIGGER audit_reason_leaves_its_commitment AFTER UPDATE ON audit_reason
FOR EACH ROW WHEN (old.reason <> '' AND new.reason = '') EXECUTE FUNCTION keep_reason_commitment();

CREATE TRIGGER audit_leaf_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoint_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_tile_is_never_removed BEFORE DELETE OR TRUNCATE ON audit_tile
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_tile_only_grows BEFORE UPDATE ON audit_tile
FOR EACH ROW WHEN (
    length(new.digests) <= length(old.digests) OR substr(new.digests, 1, length(old.digests)) <> old.digests
) EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['audit_outbox', 'audit_leaf', 'audit_salt', 'audit_tile', 'audit_checkpoint'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;
CREATE POLICY sealer_sees_who_waits ON audit_outbox FOR SELECT TO ledger_sealer USING (TRUE);

GRANT SELECT ON audit_outbox, audit_leaf, audit_salt, audit_tile, audit_checkpoint TO ledger_service;
GRANT SELECT, DELETE ON audit_outbox TO ledger_sealer;
GRANT SELECT, INSERT ON audit_leaf, audit_salt, audit_tile, audit_checkpoint TO ledger_sealer;
GRANT UPDATE (digests) ON audit_tile TO ledger_sealer;

-- Many events of concurrent calls in one statement and so in one commit; answers the ids in order.
CREATE FUNCTION write_audit_events(events json) RETURNS text [] LANGUAGE plpgsql AS $$
DECLARE
    one record;
    made text;
    ids text [] := '{}';
    shown text := coalesce(current_setting('ledger.programmes', TRUE), '');
BEGIN
    FOR one IN
        SELECT e.programme, e.node, e.principal, e.key, e.address, e.verb, e.about, e.status, e.code, e.reason, e.answers
        FROM json_to_recordset(events) AS e (
            programme text, node text, principal text, key text, address text, verb text, about json, status integer,
            code text, reason text, answers text
        )
    LOOP
        PERFORM set_config('ledger.programmes', one.programme, TRUE);
        IF one.answers IS NULL THEN
            INSERT INTO audit_event (programme, node, principal, key, address, verb, about, status, code)
            VALUES (
                one.programme, one.node, one.principal, one.key, one.address, one.verb, one.about, one.status, one.code
            )
            RETURNING id INTO made;
            IF one.reason IS NOT NULL THEN
                INSERT INTO audit_reason (programme, event, reason) VALUES (one.programme, made, one.reason);
            END IF;
        ELSE
            INSERT INTO audit_event (programme, node, principal, key, address, verb, about, status, code, answers)
            SELECT e.programme, e.node, e.principal, e.key, e.address, e.verb, e.about, one.status, one.code, e.id
            FROM audit_event AS e
            WHERE e.programme = one.programme AND e.id = one.answers
            ON CONFLICT DO NOTHING
            RETURNING id INTO made;
        END IF;
        ids := ids || made;
    END LOOP;
    PERFORM set_config('ledger.programmes', shown, TRUE);
    RETURN ids;
END
$$;
