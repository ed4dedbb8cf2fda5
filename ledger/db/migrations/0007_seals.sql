-- Why: evidence that history was not changed: a log for each programme, its tree as tiles, and signed checkpoints.

-- The one order of everything posted or refused, without a gap; a line gets its place after it was committed.
CREATE TABLE seal_leaf (
    programme text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    journal_id text COLLATE "C" NOT NULL,
    CONSTRAINT seal_leaf_once PRIMARY KEY (programme, position),
    CONSTRAINT seal_leaf_of_one_line UNIQUE (programme, journal_id),
    CONSTRAINT seal_leaf_counts_from_zero CHECK (position >= 0)
);

-- Apart from the leaves: without its salt, what is committed to of a person's words can no longer be found out.
CREATE TABLE seal_salt (
    programme text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    salts json NOT NULL,
    CONSTRAINT seal_salt_once PRIMARY KEY (programme, position)
);

-- 256 hashes a tile, as in C2SP tlog-tiles; the last tile of a level grows.
CREATE TABLE seal_tile (
    programme text COLLATE "C" NOT NULL,
    level integer NOT NULL,
    place bigint NOT NULL,
    digests bytea NOT NULL,
    CONSTRAINT seal_tile_once PRIMARY KEY (programme, level, place),
    CONSTRAINT seal_tile_of_whole_hashes CHECK (length(digests) BETWEEN 32 AND 8192 AND length(digests) % 32 = 0)
);
-- Hashes do not compress.
ALTER TABLE seal_tile ALTER COLUMN digests SET STORAGE EXTERNAL;

CREATE TABLE seal_checkpoint (
    programme text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    sealed_at timestamptz NOT NULL,
    CONSTRAINT seal_checkpoint_once PRIMARY KEY (programme, size),
    CONSTRAINT seal_checkpoint_of_something CHECK (size > 0 AND length(root) = 32)
);

CREATE TRIGGER seal_leaf_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_leaf
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_checkpoint_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_checkpoint
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_tile_is_never_removed BEFORE DELETE OR TRUNCATE ON seal_tile
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_tile_only_grows BEFORE UPDATE ON seal_tile
FOR EACH ROW WHEN (
    length(new.digests) <= length(old.digests) OR substr(new.digests, 1, length(old.digests)) <> old.digests
) EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    tenant text;
BEGIN
    FOREACH tenant IN ARRAY ARRAY['seal_leaf', 'seal_salt', 'seal_tile', 'seal_checkpoint'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format(
            'CREATE POLICY own_programmes ON %I USING (programme = ANY ((SELECT visible_programmes())::text []))',
            tenant
        );
    END LOOP;
END
$$;
-- The sealer asks which programmes wait; what it then reads of one, it names like everybody else.
CREATE POLICY sealer_sees_who_waits ON outbox FOR SELECT TO ledger_sealer USING (TRUE);

GRANT SELECT ON seal_leaf, seal_salt, seal_tile, seal_checkpoint TO ledger_service;
GRANT SELECT, INSERT ON seal_leaf, seal_salt, seal_tile, seal_checkpoint TO ledger_sealer;
GRANT UPDATE (digests) ON seal_tile TO ledger_sealer;
