-- Why: an account is closed when it is empty, and stays closed and empty whatever comes later.

CREATE FUNCTION guard_closing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    IF old.is_closed THEN
        RAISE EXCEPTION '% % has been closed', old.owner, old.purse
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'account_stays_closed';
    END IF;
    IF EXISTS (
        SELECT FROM balance AS b
        WHERE b.programme = new.programme AND b.owner = new.owner AND b.purse = new.purse AND b.total <> 0
    ) THEN
        RAISE EXCEPTION '% % still holds something', new.owner, new.purse
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'account_closes_empty';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER account_closes_once BEFORE UPDATE OF is_closed ON account
FOR EACH ROW WHEN (old.is_closed IS DISTINCT FROM new.is_closed) EXECUTE FUNCTION guard_closing();

-- Whoever is about to close accounts holds all purses of their owner first. A purse that has never held anything has no
-- row to lock, so it gets one: a first award at the same time waits for it, and then sees that the account is closed.
-- Existing rows before missing ones and debts last, as everybody who posts.
CREATE FUNCTION lock_purses(of_programme text, of_owner text) RETURNS TABLE (purse text, unit text, total bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    IF of_programme <> ALL (visible_programmes()) THEN
        RAISE EXCEPTION 'not this programme' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR pass IN 1..2 LOOP
        PERFORM FROM (
            SELECT b.purse FROM balance AS b
            WHERE b.programme = of_programme AND b.owner = of_owner AND b.purse <> 'debt'
            ORDER BY b.purse, b.unit FOR NO KEY UPDATE
        ) AS b;
        PERFORM FROM (
            SELECT b.purse FROM balance AS b
            WHERE b.programme = of_programme AND b.owner = of_owner AND b.purse = 'debt'
            ORDER BY b.unit FOR NO KEY UPDATE
        ) AS b;
        EXIT WHEN pass = 2;
        INSERT INTO balance (programme, owner, purse, unit, floor_amount)
        SELECT a.programme, a.owner, a.purse, u.unit, a.floor_amount
        FROM account AS a
        INNER JOIN unit AS u ON u.programme = a.programme AND u.unit NOT LIKE 'item:%'
        WHERE a.programme = of_programme AND a.owner = of_owner AND NOT a.is_closed
        ORDER BY a.purse = 'debt', a.purse, u.unit
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN QUERY
    SELECT b.purse, b.unit, b.total FROM balance AS b WHERE b.programme = of_programme AND b.owner = of_owner;
END
$$;
REVOKE ALL ON FUNCTION lock_purses FROM public;
GRANT EXECUTE ON FUNCTION lock_purses TO ledger_service;
