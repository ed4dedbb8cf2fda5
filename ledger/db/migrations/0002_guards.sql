-- Why: the database is the last line: history is append-only, sums are zero, balances match, tenants are apart.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', tg_table_name
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'history_never_changes',
              HINT = 'Correct it with a new transaction that names what it reverses.';
END
$$;

CREATE TRIGGER journal_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER idempotency_key_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency_key
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closed_period_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON closed_period
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER publication_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON publication
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- All entries of a transaction arrive in one statement, in the database transaction of their journal line.
CREATE FUNCTION guard_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
    culprit text;
BEGIN
    SELECT i.journal_id INTO culprit FROM inserted AS i
    GROUP BY i.programme, i.journal_id, i.unit HAVING total_of(i.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of % do not add to zero in each unit', culprit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_add_to_zero';
    END IF;
    SELECT t.journal_id INTO culprit
    FROM (SELECT i.programme, i.journal_id, count(*) AS entries FROM inserted AS i GROUP BY 1, 2) AS t
    LEFT JOIN LATERAL (
        SELECT j.entry_count, j.xmin AS written_by FROM journal AS j
        WHERE j.programme = t.programme AND j.id = t.journal_id LIMIT 1
    ) AS j ON TRUE
    WHERE j.written_by IS DISTINCT FROM pg_current_xact_id()::xid OR j.entry_count <> t.entries LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of % must arrive together with their journal line', culprit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_arrive_with_their_journal_line';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER entries_are_whole AFTER INSERT ON entry REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT WHEN (current_user <> 'ledger_owner') EXECUTE FUNCTION guard_entries();

CREATE FUNCTION guard_balances() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE
    culprit record;
BEGIN
    SELECT c.owner, c.purse, c.unit INTO culprit FROM changed AS c
    LEFT JOIN LATERAL (
        SELECT e.balance_after FROM entry AS e
        WHERE e.programme = c.programme AND e.owner = c.owner AND e.purse = c.purse AND e.unit = c.unit
            AND e.account_version = c.account_version LIMIT 1
    ) AS e ON TRUE
    WHERE c.account_version > 0 AND e.balance_after IS DISTINCT FROM c.total LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'balance of % % % differs from its last entry', culprit.owner, culprit.purse, culprit.unit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_is_its_last_entry';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER balance_follows_its_entries_on_insert AFTER INSERT ON balance REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT WHEN (current_user <> 'ledger_owner') EXECUTE FUNCTION guard_balances();
CREATE TRIGGER balance_follows_its_entries_on_update AFTER UPDATE ON balance REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT WHEN (current_user <> 'ledger_owner') EXECUTE FUNCTION guard_balances();
CREATE FUNCTION guard_open_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% has ended already', old.journal_id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'open_item_ends_once';
END
$$;
CREATE TRIGGER open_item_ends_once BEFORE UPDATE ON open_item
FOR EACH ROW WHEN (old.ended_by IS NOT NULL) EXECUTE FUNCTION guard_open_items();
CREATE TRIGGER open_item_is_never_removed BEFORE DELETE OR TRUNCATE ON open_item
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER balance_is_never_removed BEFORE DELETE OR TRUNCATE ON balance
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY[
        'programme', 'publication', 'owner', 'person', 'unit', 'account', 'journal', 'entry', 'balance',
        'idempotency_key', 'counter', 'open_item', 'closed_period', 'outbox', 'activity'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;

GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ledger_service, ledger_sealer;
GRANT INSERT ON ALL TABLES IN SCHEMA ledger TO ledger_service;
REVOKE INSERT ON schema_migration FROM ledger_service;
GRANT UPDATE (total, account_version, bucket_days, bucket_amounts) ON balance TO ledger_service;
GRANT UPDATE (used) ON counter TO ledger_service;
GRANT UPDATE (ended_by, ended_kind, ended_on) ON open_item TO ledger_service;
GRANT UPDATE (revision) ON programme TO ledger_service;
GRANT UPDATE (household, area, traits) ON owner TO ledger_service;
GRANT UPDATE (name) ON person TO ledger_service;
GRANT UPDATE (is_closed) ON account TO ledger_service;
GRANT UPDATE (state, journal_id) ON activity TO ledger_service;
GRANT UPDATE (expires_at, revoked_at) ON api_key TO ledger_service;
GRANT DELETE ON outbox TO ledger_sealer;
