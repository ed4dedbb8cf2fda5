-- Why: who did what from which device, also who read of persons: what the journal does not tell, kept for auditors.

-- `-` stands for what belongs to no programme: people who work here, keys, sessions. Nothing of a person is in it.
CREATE TABLE audit_event (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    node text COLLATE "C",
    principal text COLLATE "C",
    key text COLLATE "C",
    address text COLLATE "C" NOT NULL,
    verb text COLLATE "C" NOT NULL,
    about json NOT NULL,
    status integer NOT NULL,
    code text COLLATE "C",
    CONSTRAINT audit_event_once PRIMARY KEY (programme, id),
    CONSTRAINT audit_event_of_an_answer CHECK (status BETWEEN 100 AND 599)
);
CREATE INDEX audit_event_by_principal ON audit_event (programme, principal, id);
CREATE INDEX audit_event_by_day ON audit_event (programme, happened_at);

-- Apart from the events: what people write in their own words can be emptied, the event stays.
CREATE TABLE audit_reason (
    programme text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    CONSTRAINT audit_reason_once PRIMARY KEY (programme, event),
    CONSTRAINT audit_reason_of_an_event FOREIGN KEY (programme, event) REFERENCES audit_event (programme, id),
    CONSTRAINT audit_reason_is_short CHECK (length(reason) <= 500)
);

CREATE TRIGGER audit_event_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_reason_is_never_removed BEFORE DELETE OR TRUNCATE ON audit_reason
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_reason_is_only_emptied BEFORE UPDATE ON audit_reason
FOR EACH ROW WHEN (
    new.reason <> '' OR new.programme <> old.programme OR new.event <> old.event
) EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['audit_event', 'audit_reason'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;
GRANT SELECT ON audit_event, audit_reason TO ledger_service, ledger_sealer;
GRANT INSERT ON audit_event, audit_reason TO ledger_service;
GRANT UPDATE (reason) ON audit_reason TO ledger_service;
