-- Why: people who work here, and those to speak to at shops, can be forgotten as residents can; a lock looks less far.

CREATE TABLE staff_erasure (
    staff text COLLATE "C" NOT NULL,
    erased_by text COLLATE "C" NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT staff_erasure_once PRIMARY KEY (staff),
    CONSTRAINT staff_erasure_of_staff FOREIGN KEY (staff) REFERENCES staff (id)
);
CREATE TRIGGER staff_erasure_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_erasure
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON staff_erasure TO ledger_service, ledger_sealer;

-- Whoever was forgotten is not brought back: no password, no role, no session.
CREATE FUNCTION guard_erased_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.staff_erasure AS e WHERE e.staff = to_jsonb(new) ->> tg_argv[0]) THEN
        RAISE EXCEPTION 'somebody who was forgotten'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'staff_stays_erased';
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER staff_stays_erased BEFORE UPDATE ON staff
FOR EACH ROW EXECUTE FUNCTION guard_erased_staff('id');
CREATE TRIGGER staff_role_stays_erased BEFORE INSERT OR UPDATE ON staff_role
FOR EACH ROW EXECUTE FUNCTION guard_erased_staff('staff');
CREATE TRIGGER staff_person_stays_erased BEFORE INSERT OR UPDATE ON staff_person
FOR EACH ROW EXECUTE FUNCTION guard_erased_staff('staff');

-- What was done stays under an id that says nothing. The user name becomes one that nobody can choose.
CREATE FUNCTION erase_staff(of_staff text, by_whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    PERFORM FROM staff AS s WHERE s.id = of_staff FOR UPDATE;
    IF EXISTS (SELECT FROM staff_erasure AS e WHERE e.staff = of_staff) THEN
        RETURN FALSE;
    END IF;
    UPDATE staff SET user_name = 'Erased:' || of_staff, digest = NULL, is_blocked = TRUE WHERE id = of_staff;
    UPDATE staff_role SET ended_by = by_whom, ended_at = clock_timestamp() WHERE staff = of_staff AND ended_at IS NULL;
    DELETE FROM staff_person WHERE staff = of_staff;
    DELETE FROM session WHERE staff = of_staff;
    DELETE FROM reviewer WHERE principal = of_staff;
    UPDATE audit_reason AS r SET reason = '' FROM audit_event AS e
    WHERE r.programme = e.programme AND r.event = e.id AND r.reason <> ''
        AND (e.principal = of_staff OR position(to_json(of_staff)::text IN e.about::text) > 0);
    INSERT INTO staff_erasure (staff, erased_by) VALUES (of_staff, by_whom);
    RETURN TRUE;
END
$$;
REVOKE ALL ON FUNCTION erase_staff FROM public;
GRANT EXECUTE ON FUNCTION erase_staff TO ledger_service;

DROP TRIGGER merchant_step_never_changes ON merchant_step;
CREATE TRIGGER merchant_step_is_never_removed BEFORE DELETE OR TRUNCATE ON merchant_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER merchant_step_loses_only_words BEFORE UPDATE ON merchant_step
FOR EACH ROW WHEN (new.note IS NOT NULL OR to_jsonb(new) - 'note' <> to_jsonb(old) - 'note')
EXECUTE FUNCTION refuse_change();

-- The shop stays, with its statements; who was to be spoken to, and what was written about that, goes.
CREATE FUNCTION erase_contact(of_programme text, of_merchant text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
DECLARE
    is_new boolean;
BEGIN
    IF of_programme <> ALL (visible_programmes()) THEN
        RAISE EXCEPTION 'not this programme' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM merchant_contact WHERE programme = of_programme AND merchant = of_merchant;
    is_new := FOUND;
    UPDATE merchant_step SET note = NULL
    WHERE programme = of_programme AND merchant = of_merchant AND note IS NOT NULL;
    is_new := is_new OR FOUND;
    UPDATE audit_reason AS r SET reason = '' FROM audit_event AS e
    WHERE r.programme = of_programme AND e.programme = of_programme AND e.id = r.event AND r.reason <> ''
        AND position(to_json(of_merchant)::text IN e.about::text) > 0;
    RETURN is_new OR FOUND;
END
$$;
REVOKE ALL ON FUNCTION erase_contact FROM public;
GRANT EXECUTE ON FUNCTION erase_contact TO ledger_service;

-- As in 0010, but blind for terminals of programmes that are not opened.
CREATE OR REPLACE FUNCTION lock_terminals(
    wanted_programmes text [], wanted_terminals text [],
    OUT outlets text [], OUT states text [], OUT shifts text []
) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ledger, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    opened text [] := visible_programmes();
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5021, hashtext(w.programme || ' ' || w.terminal))
    FROM unnest(wanted_programmes, wanted_terminals) AS w (programme, terminal);

    SELECT
        array_agg(t.outlet ORDER BY w.number), array_agg(t.state ORDER BY w.number),
        array_agg(s.id ORDER BY w.number)
    INTO outlets, states, shifts
    FROM unnest(wanted_programmes, wanted_terminals) WITH ORDINALITY AS w (programme, terminal, number)
    LEFT JOIN LATERAL (
        SELECT t.outlet, t.state FROM terminal AS t
        WHERE t.programme = w.programme AND t.id = w.terminal AND w.programme = ANY(opened) LIMIT 1
    ) AS t ON TRUE
    LEFT JOIN LATERAL (
        SELECT s.id FROM shift AS s
        WHERE
            s.programme = w.programme AND s.terminal = w.terminal AND s.closed_at IS NULL
            AND w.programme = ANY(opened)
        LIMIT 1
    ) AS s ON TRUE;
END
$$;
