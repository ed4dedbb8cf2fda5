-- name: describe_role
SELECT
    r.rolname AS name,
    r.rolsuper AS is_super,
    r.rolbypassrls AS passes_row_security,
    r.rolcreaterole AS may_create_roles,
    coalesce(pg_has_role(r.oid, (
        SELECT o.oid FROM pg_roles AS o
        WHERE o.rolname = 'ledger_owner'
    ), 'MEMBER'), FALSE)
        AS is_owner
FROM pg_roles AS r
WHERE r.rolname = session_user;
