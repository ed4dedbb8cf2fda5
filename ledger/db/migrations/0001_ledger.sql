-- Why: the first schema: who takes part, what is published, and the ledger itself with its guards.

-- Every tenant table is filtered by this list; unset or empty shows nothing.
CREATE FUNCTION visible_programmes() RETURNS text [] LANGUAGE sql STABLE PARALLEL SAFE
RETURN string_to_array(current_setting('ledger.programmes', TRUE), ',');

-- sum(bigint) computes in numeric; amounts are bounded, so this stays exact and is five times cheaper.
CREATE AGGREGATE total_of(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');

CREATE FUNCTION array_total(amounts bigint []) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    total bigint := 0;
    amount bigint;
BEGIN
    FOREACH amount IN ARRAY amounts LOOP
        IF amount <= 0 THEN
            RETURN NULL;
        END IF;
        total := total + amount;
    END LOOP;
    RETURN total;
END
$$;

-- The organisation: county, town, village.
CREATE TABLE node (
    id text COLLATE "C" NOT NULL,
    parent text COLLATE "C",
    kind text COLLATE "C" NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    CONSTRAINT node_once PRIMARY KEY (id),
    CONSTRAINT node_hangs_on_a_node FOREIGN KEY (parent) REFERENCES node (id)
);

CREATE TABLE programme (
    programme text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT programme_once PRIMARY KEY (programme),
    CONSTRAINT programme_hangs_on_a_node FOREIGN KEY (node) REFERENCES node (id)
);

-- Programme policy, catalogue and rulebooks as published: frozen, named by digest.
CREATE TABLE publication (
    programme text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    effective_from date NOT NULL,
    revision bigint NOT NULL,
    body json NOT NULL,
    published_by text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT publication_once PRIMARY KEY (programme, revision),
    CONSTRAINT publication_version_once UNIQUE (programme, kind, version),
    CONSTRAINT publication_kind_known CHECK (kind IN ('programme', 'catalogue', 'rulebook', 'events'))
);

-- Whoever may own points or goods. Names and contacts stand in person, never here.
CREATE TABLE owner (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    reference text COLLATE "C",
    household text COLLATE "C",
    area text COLLATE "C",
    traits jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT owner_once PRIMARY KEY (programme, id),
    CONSTRAINT owner_reference_once UNIQUE (programme, kind, reference),
    CONSTRAINT owner_kind_known CHECK (kind IN ('household', 'member', 'merchant', 'outlet', 'programme')),
    CONSTRAINT owner_household_exists FOREIGN KEY (programme, household) REFERENCES owner (programme, id)
);

CREATE TABLE person (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    name text NOT NULL,
    CONSTRAINT person_once PRIMARY KEY (programme, owner),
    CONSTRAINT person_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id)
);

CREATE TABLE unit (
    programme text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    scale integer NOT NULL DEFAULT 0,
    CONSTRAINT unit_once PRIMARY KEY (programme, unit),
    CONSTRAINT unit_scale_small CHECK (scale BETWEEN 0 AND 6)
);

-- Floor: the least a balance may fall to; none for the programme's own purses and for merchants' claims.
CREATE TABLE account (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    purse text COLLATE "C" NOT NULL,
    floor_amount bigint,
    is_closed boolean NOT NULL DEFAULT FALSE,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT account_once PRIMARY KEY (programme, owner, purse),
    CONSTRAINT account_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id)
);
-- Posting asks for every purse whether it is closed; hardly any is, so this index is all but empty.
CREATE INDEX account_closed ON account (programme, owner, purse) WHERE is_closed;

CREATE TABLE journal (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL,
    effective_on date NOT NULL,
    happened_on date,
    entry_count integer NOT NULL,
    about json NOT NULL,
    refusal json,
    trace json,
    counts json,
    facts json,
    batch text COLLATE "C",
    CONSTRAINT journal_once PRIMARY KEY (programme, id),
    CONSTRAINT journal_refused_moves_nothing CHECK (refusal IS NULL OR entry_count = 0),
    CONSTRAINT journal_moves_two_sides_or_nothing CHECK (entry_count = 0 OR entry_count >= 2)
);
CREATE INDEX journal_by_batch ON journal (programme, batch, id) WHERE batch IS NOT NULL;
CREATE INDEX journal_by_time ON journal USING brin (recorded_at);

-- The primary key is the statement's index, the proof of the chain and the guard against a lost update.
CREATE TABLE entry (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    purse text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    account_version bigint NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    line integer NOT NULL,
    expires_on date NOT NULL,
    amount bigint NOT NULL,
    balance_after bigint NOT NULL,
    CONSTRAINT entry_version_once PRIMARY KEY (programme, owner, purse, unit, account_version),
    CONSTRAINT entry_moves_something CHECK (amount <> 0 AND amount BETWEEN -1000000000000 AND 1000000000000),
    CONSTRAINT entry_balance_in_bounds CHECK (balance_after BETWEEN -9007199254740991 AND 9007199254740991),
    CONSTRAINT entry_version_counts_from_one CHECK (account_version >= 1)
);
-- Without the programme in front, so that the planner can never take it for a look-up by account.
CREATE INDEX entry_by_journal ON entry (journal_id);

-- Day 9999-01-01 means never. Half-filled pages keep updates in place; no index on what changes.
CREATE TABLE balance (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    purse text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    total bigint NOT NULL DEFAULT 0,
    account_version bigint NOT NULL DEFAULT 0,
    floor_amount bigint,
    bucket_days date [] NOT NULL DEFAULT '{}',
    bucket_amounts bigint [] NOT NULL DEFAULT '{}',
    CONSTRAINT balance_once PRIMARY KEY (programme, owner, purse, unit),
    CONSTRAINT balance_in_bounds CHECK (total BETWEEN -9007199254740991 AND 9007199254740991),
    CONSTRAINT account_not_below_floor CHECK (total >= floor_amount),
    CONSTRAINT debt_not_above_zero CHECK (purse <> 'debt' OR total <= 0),
    CONSTRAINT balance_starts_at_zero CHECK (account_version > 0 OR total = 0),
    CONSTRAINT buckets_are_pairs CHECK (cardinality(bucket_days) = cardinality(bucket_amounts)),
    CONSTRAINT buckets_add_to_total CHECK (
        CASE
            WHEN purse IN ('main', 'pending', 'held') THEN array_total(bucket_amounts) IS NOT DISTINCT FROM total
            ELSE cardinality(bucket_days) = 0
        END
    )
) WITH (fillfactor = 50);

CREATE TABLE idempotency_key (
    programme text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    CONSTRAINT idempotency_key_once PRIMARY KEY (programme, principal, key) WITH (fillfactor = 70)
);

-- What caps and budgets have used so far; can be recounted from the journal.
CREATE TABLE counter (
    programme text COLLATE "C" NOT NULL,
    counter text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    CONSTRAINT counter_once PRIMARY KEY (programme, counter, subject, period),
    CONSTRAINT counter_not_negative CHECK (used >= 0)
) WITH (fillfactor = 70);

-- Holds and awards under notice, by the transaction that opened them: each ends exactly once.
CREATE TABLE open_item (
    programme text COLLATE "C" NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    due_on date NOT NULL,
    ended_by text COLLATE "C",
    ended_kind text COLLATE "C",
    ended_on date,
    CONSTRAINT open_item_once PRIMARY KEY (programme, journal_id),
    CONSTRAINT open_item_kind_known CHECK (kind IN ('pending', 'hold')),
    CONSTRAINT open_item_ends_whole CHECK (
        (ended_by IS NULL) = (ended_kind IS NULL) AND (ended_by IS NULL) = (ended_on IS NULL)
    )
);
CREATE INDEX open_item_by_day ON open_item (due_on, journal_id) WHERE ended_by IS NULL;

-- Closed books: no transaction takes a business day up to and including this one any more.
CREATE TABLE closed_period (
    programme text COLLATE "C" NOT NULL,
    closed_through date NOT NULL,
    closed_by text COLLATE "C" NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT closed_period_once PRIMARY KEY (programme, closed_through)
);

-- What the sealer has still to seal. A row is written with its journal line and removed when sealed.
CREATE TABLE outbox (
    programme text COLLATE "C" NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    CONSTRAINT outbox_once PRIMARY KEY (programme, journal_id)
);

CREATE TABLE activity (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    facts json NOT NULL,
    recorded_by text COLLATE "C" NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state text COLLATE "C" NOT NULL DEFAULT 'recorded',
    journal_id text COLLATE "C",
    CONSTRAINT activity_once PRIMARY KEY (programme, id),
    CONSTRAINT activity_state_known CHECK (state IN ('recorded', 'awarded', 'revoked')),
    CONSTRAINT activity_awarded_by_a_transaction CHECK ((state = 'recorded') = (journal_id IS NULL))
);

CREATE TABLE api_key (
    id text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    role text COLLATE "C" NOT NULL,
    principal text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    programme text COLLATE "C",
    owner text COLLATE "C",
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_once PRIMARY KEY (id),
    CONSTRAINT api_key_hangs_on_a_node FOREIGN KEY (node) REFERENCES node (id)
);
