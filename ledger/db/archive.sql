-- name: list_tables
SELECT
    c.relname AS name,
    array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
WHERE
    c.relnamespace = 'ledger'::regnamespace
    AND c.relkind = 'r'
    AND c.relname <> 'schema_migration'
    AND a.attnum > 0
    AND NOT a.attisdropped
    AND a.attgenerated = ''
GROUP BY c.relname
ORDER BY c.relname;

-- name: list_references
SELECT DISTINCT
    child.relname AS child,
    parent.relname AS parent
FROM pg_constraint AS k
INNER JOIN pg_class AS child ON k.conrelid = child.oid
INNER JOIN pg_class AS parent ON k.confrelid = parent.oid
WHERE
    k.contype = 'f'
    AND k.connamespace = 'ledger'::regnamespace
    AND k.conrelid <> k.confrelid;

-- name: compose_counts
-- The server writes the statement, so that it is the one to quote the names.
SELECT
    string_agg(
        format('SELECT %L AS name, count(*) AS row_count FROM ledger.%I', c.relname, c.relname), ' UNION ALL '
    )
FROM pg_class AS c
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migration';

-- name: compose_guard_switch
SELECT string_agg(format('ALTER TABLE ledger.%I %s TRIGGER USER', c.relname, $1::text), '; ')
FROM pg_class AS c
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r' AND c.relhastriggers;

-- name: compose_analyze
SELECT string_agg(format('ANALYZE ledger.%I', c.relname), '; ')
FROM pg_class AS c
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'r';

-- name: list_sequences
SELECT
    sequencename::text AS name,
    last_value
FROM pg_sequences
WHERE schemaname = 'ledger' AND last_value IS NOT NULL;

-- name: set_sequence
SELECT setval(format('ledger.%I', $1::text)::regclass, $2::bigint);

-- name: has_schema
SELECT to_regclass('ledger.schema_migration') IS NOT NULL;

-- name: read_schema_version
SELECT coalesce(max(number), 0) FROM ledger.schema_migration;

-- name: drop_schema
DROP SCHEMA ledger CASCADE;

-- name: become_owner
-- With row security off a statement that a policy would trim fails instead of leaving rows out in silence.
SET LOCAL ROLE ledger_owner;
SET LOCAL row_security = off;
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = 'postgres';
