-- Why: raw SQL under the service's login could still do what check finds only afterwards; and recounts use all cores.

CREATE OR REPLACE AGGREGATE total_of(bigint) (
    sfunc = int8pl, stype = bigint, initcond = '0', combinefunc = int8pl, parallel = safe
);

-- All entries of a transaction arrive in one statement, in the database transaction of their journal line, and every
-- account they touch goes on from where it stood, without a gap, to where its balance now stands.
-- The path is fixed: a temporary table of the same name would otherwise stand in for ours.
CREATE OR REPLACE FUNCTION guard_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET search_path = ledger, pg_temp AS $$
DECLARE
    culprit record;
BEGIN
    SELECT i.journal_id INTO culprit FROM inserted AS i
    GROUP BY i.programme, i.journal_id, i.unit HAVING total_of(i.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of % do not add to zero in each unit', culprit.journal_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_add_to_zero';
    END IF;
    SELECT t.journal_id INTO culprit
    FROM (
        SELECT
            i.programme, i.journal_id, count(*) AS entries, count(DISTINCT i.line) AS lines, min(i.line) AS first_line,
            max(i.line) AS last_line
        FROM inserted AS i GROUP BY i.programme, i.journal_id
    ) AS t
    LEFT JOIN LATERAL (
        SELECT j.entry_count, j.xmin AS written_by FROM journal AS j
        WHERE j.programme = t.programme AND j.id = t.journal_id LIMIT 1
    ) AS j ON TRUE
    WHERE j.written_by IS DISTINCT FROM pg_current_xact_id()::xid OR j.entry_count <> t.entries
        OR t.first_line <> 0 OR t.last_line <> t.entries - 1 OR t.lines <> t.entries
        -- Counted in the table too, so that no second statement adds to a transaction. An index that makes a line
        -- unique would have to hold the programme, and the planner would then scan it for look-ups by account.
        OR t.entries <> (SELECT count(*) FROM entry AS e WHERE e.journal_id = t.journal_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries of % must arrive together with their journal line', culprit.journal_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'entries_arrive_with_their_journal_line';
    END IF;
    SELECT t.owner, t.purse, t.unit INTO culprit
    FROM (
        SELECT
            i.programme, i.owner, i.purse, i.unit, total_of(i.amount) AS moved, count(*) AS entries,
            min(i.account_version) AS first_version, max(i.account_version) AS last_version
        FROM inserted AS i GROUP BY i.programme, i.owner, i.purse, i.unit
    ) AS t
    LEFT JOIN LATERAL (
        SELECT b.total, b.account_version FROM balance AS b
        WHERE b.programme = t.programme AND b.owner = t.owner AND b.purse = t.purse AND b.unit = t.unit LIMIT 1
    ) AS b ON TRUE
    LEFT JOIN LATERAL (
        SELECT e.balance_after FROM entry AS e
        WHERE e.programme = t.programme AND e.owner = t.owner AND e.purse = t.purse AND e.unit = t.unit
            AND e.account_version = t.first_version - 1 LIMIT 1
    ) AS e ON TRUE
    WHERE b.account_version IS DISTINCT FROM t.last_version OR t.entries <> t.last_version - t.first_version + 1
        OR (t.first_version > 1 AND e.balance_after IS NULL)
        OR b.total <> coalesce(e.balance_after, 0) + t.moved LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entries on % % % do not lead to its balance', culprit.owner, culprit.purse, culprit.unit
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_moves_with_its_entries';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION guard_balances() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET search_path = ledger, pg_temp AS $$
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

CREATE FUNCTION guard_balance_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'balance of % % % changes only with a new entry', old.owner, old.purse, old.unit
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'balance_moves_with_its_entries';
END
$$;
CREATE TRIGGER balance_moves_with_its_entries BEFORE UPDATE ON balance
FOR EACH ROW WHEN (new.account_version <= old.account_version) EXECUTE FUNCTION guard_balance_order();

-- A journal line that promises entries has them at the end of its statement, and none stands on a closed day.
CREATE FUNCTION guard_journal() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET search_path = ledger, pg_temp AS $$
DECLARE
    culprit record;
BEGIN
    SELECT i.id INTO culprit FROM inserted AS i
    LEFT JOIN LATERAL (
        SELECT TRUE AS is_there FROM entry AS e
        -- Not by programme as well: on a fresh database the planner would then scan all of the programme's entries.
        WHERE e.journal_id = i.id AND e.line = i.entry_count - 1 LIMIT 1
    ) AS e ON TRUE
    WHERE i.entry_count > 0 AND e.is_there IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% promises entries that did not come', culprit.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_line_has_its_entries';
    END IF;
    SELECT t.programme, t.first_day INTO culprit
    FROM (
        SELECT i.programme, min(i.effective_on) AS first_day FROM inserted AS i
        WHERE i.refusal IS NULL GROUP BY i.programme
    ) AS t
    INNER JOIN LATERAL (
        SELECT p.closed_through FROM closed_period AS p
        WHERE p.programme = t.programme ORDER BY p.closed_through DESC LIMIT 1
    ) AS p ON p.closed_through >= t.first_day LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the books of % are closed on %', culprit.programme, culprit.first_day
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'closed_books_stay_closed';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_lines_are_whole AFTER INSERT ON journal REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT WHEN (current_user <> 'ledger_owner') EXECUTE FUNCTION guard_journal();
