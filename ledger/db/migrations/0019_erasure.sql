-- Why: a person can be forgotten, by name and by word, while every sum, chain and sealed leaf stays as it was.

CREATE TABLE erasure (
    programme text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    erased_by text COLLATE "C" NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT erasure_once PRIMARY KEY (programme, owner),
    CONSTRAINT erasure_owner_exists FOREIGN KEY (programme, owner) REFERENCES owner (programme, id)
);
CREATE TRIGGER erasure_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON erasure USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT ON erasure TO ledger_service, ledger_sealer;

-- The hash stays, so that a picture is still used once; the file, its place and its time go.
ALTER TABLE evidence ADD COLUMN removed_at timestamptz;
ALTER TABLE evidence ADD COLUMN is_gone boolean NOT NULL DEFAULT FALSE;
CREATE INDEX evidence_to_remove ON evidence (programme, id) WHERE removed_at IS NOT NULL AND NOT is_gone;
GRANT UPDATE (is_gone, removed_at, taken_at, latitude, longitude, look) ON evidence TO ledger_service;

-- History loses words of a person whose erasure is recorded, and nothing else.
CREATE FUNCTION guard_journal_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.facts IS NOT NULL OR new.about::jsonb <> old.about::jsonb - 'note'
        OR to_jsonb(new) - ARRAY['about', 'facts'] <> to_jsonb(old) - ARRAY['about', 'facts']
        OR NOT EXISTS (
            SELECT FROM ledger.erasure AS e
            WHERE e.programme = old.programme AND e.owner IN (old.about ->> 'owner', old.about ->> 'acted_by')
        )
    THEN
        RAISE EXCEPTION 'journal is append-only'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'history_never_changes';
    END IF;
    RETURN new;
END
$$;
DROP TRIGGER journal_never_changes ON journal;
CREATE TRIGGER journal_never_changes BEFORE DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER journal_loses_only_words BEFORE UPDATE ON journal
FOR EACH ROW EXECUTE FUNCTION guard_journal_words();

DROP TRIGGER review_step_never_changes ON review_step;
CREATE TRIGGER review_step_never_changes BEFORE DELETE OR TRUNCATE ON review_step
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER review_step_loses_only_words BEFORE UPDATE ON review_step
FOR EACH ROW WHEN (new.note IS NOT NULL OR to_jsonb(new) - 'note' <> to_jsonb(old) - 'note')
EXECUTE FUNCTION refuse_change();

DROP TRIGGER objection_decided_once ON objection;
CREATE TRIGGER objection_decided_once BEFORE UPDATE ON objection
FOR EACH ROW WHEN (
    old.state <> 'open' AND (
        new.note <> '—' OR new.decision_note IS NOT NULL
        OR to_jsonb(new) - ARRAY['note', 'decision_note'] <> to_jsonb(old) - ARRAY['note', 'decision_note']
    )
) EXECUTE FUNCTION guard_objection();

DROP TRIGGER adjustment_decided_once ON adjustment;
CREATE TRIGGER adjustment_decided_once BEFORE UPDATE ON adjustment
FOR EACH ROW WHEN (
    old.state <> 'waiting' AND (
        new.command ->> 'note' IS DISTINCT FROM '—' OR new.command::jsonb - 'note' <> old.command::jsonb - 'note'
        OR to_jsonb(new) - 'command' <> to_jsonb(old) - 'command'
    )
) EXECUTE FUNCTION guard_adjustment();

DROP TRIGGER card_life_goes_forward ON card;
CREATE TRIGGER card_life_goes_forward BEFORE UPDATE ON card
FOR EACH ROW WHEN (
    (
        old.state = 'replaced' OR (old.state = 'blocked' AND new.state <> 'replaced')
        OR (old.state = 'active' AND new.state = 'pending')
        OR (old.state <> 'pending' AND old.code_hash IS NOT NULL AND new.code_hash IS DISTINCT FROM old.code_hash)
    ) AND NOT (
        num_nonnulls(new.code_hash, new.number, new.nfc_number, new.blocked_for) = 0
        AND to_jsonb(new) - ARRAY['code_hash', 'number', 'nfc_number', 'blocked_for']
        = to_jsonb(old) - ARRAY['code_hash', 'number', 'nfc_number', 'blocked_for']
    )
) EXECUTE FUNCTION guard_card();

-- What was committed to outlives its salt: the commitment is kept in its place.
CREATE FUNCTION erase_words(of_programme text, of_owner text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    line record;
BEGIN
    -- The sealer's turn: it must not hash words that go while it reads them.
    PERFORM pg_advisory_xact_lock(5012, hashtext(of_programme));
    FOR line IN
        SELECT j.id, j.about ->> 'note' AS note, j.facts::text AS facts FROM journal AS j
        WHERE j.programme = of_programme AND of_owner IN (j.about ->> 'owner', j.about ->> 'acted_by')
            AND ((j.about ->> 'note') IS NOT NULL OR j.facts IS NOT NULL)
        ORDER BY j.id
    LOOP
        UPDATE seal_salt AS s SET salts = (
            SELECT json_object_agg(
                k.name,
                CASE
                    WHEN length(k.kept) = 64 THEN k.kept
                    WHEN k.name = 'note' AND line.note IS NOT NULL
                        THEN encode(sha256(decode(k.kept, 'hex') || convert_to(line.note, 'UTF8')), 'hex')
                    WHEN k.name = 'facts' AND line.facts IS NOT NULL
                        THEN encode(sha256(decode(k.kept, 'hex') || convert_to(line.facts, 'UTF8')), 'hex')
                    ELSE k.kept
                END
            ) FROM json_each_text(s.salts) AS k (name, kept)
        ) FROM seal_leaf AS l
        WHERE l.programme = of_programme AND l.journal_id = line.id
            AND s.programme = l.programme AND s.position = l.position;
        UPDATE journal AS j SET about = (j.about::jsonb - 'note')::json, facts = NULL
        WHERE j.programme = of_programme AND j.id = line.id;
    END LOOP;
    UPDATE objection AS o SET note = '—', decision_note = NULL
    FROM journal AS j
    WHERE o.programme = of_programme AND j.programme = of_programme AND j.id = o.journal_id
        AND j.about ->> 'owner' = of_owner;
    UPDATE adjustment AS a SET command = (a.command::jsonb || '{"note": "—"}')::json
    WHERE a.programme = of_programme AND a.command ->> 'owner' = of_owner;
    UPDATE audit_reason AS r SET reason = '' FROM audit_event AS e
    WHERE r.programme = of_programme AND e.programme = of_programme AND e.id = r.event
        AND position(to_json(of_owner)::text IN e.about::text) > 0;
    UPDATE review_step AS r SET note = NULL FROM activity AS a
    WHERE r.programme = of_programme AND a.programme = of_programme AND a.id = r.activity AND a.recipient = of_owner;
    UPDATE activity AS a SET facts = (a.facts::jsonb - 'note')::json
    WHERE a.programme = of_programme AND a.recipient = of_owner;
END
$$;
REVOKE ALL ON FUNCTION erase_words FROM public;

-- Answers whether it was this call that erased; the caller has looked that nothing is left on the accounts.
CREATE FUNCTION erase_person(of_programme text, of_owner text, by_whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
BEGIN
    IF of_programme <> ALL (visible_programmes()) THEN
        RAISE EXCEPTION 'not this programme' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO erasure (programme, owner, erased_by) VALUES (of_programme, of_owner, by_whom) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    UPDATE account SET is_closed = TRUE WHERE programme = of_programme AND owner = of_owner;
    DELETE FROM person WHERE programme = of_programme AND owner = of_owner;
    UPDATE owner SET reference = NULL, household = NULL, traits = '{}' WHERE programme = of_programme AND id = of_owner;
    DELETE FROM pin AS p USING card AS c
    WHERE p.programme = of_programme AND c.programme = of_programme AND c.id = p.card AND of_owner IN (c.owner, c.member);
    DELETE FROM session AS s
    WHERE s.programme = of_programme AND s.staff IS NULL AND (
        s.owner = of_owner OR s.card IN (
            SELECT c.id FROM card AS c WHERE c.programme = of_programme AND of_owner IN (c.owner, c.member)
        )
    );
    UPDATE card SET state = 'blocked', blocked_by = by_whom, blocked_at = clock_timestamp()
    WHERE programme = of_programme AND of_owner IN (owner, member) AND state IN ('pending', 'active');
    UPDATE card SET code_hash = NULL, number = NULL, nfc_number = NULL, blocked_for = NULL
    WHERE programme = of_programme AND of_owner IN (owner, member);
    UPDATE helper SET ended_by = by_whom, ended_at = clock_timestamp()
    WHERE programme = of_programme AND of_owner IN (owner, member) AND ended_at IS NULL;
    UPDATE evidence AS e SET removed_at = clock_timestamp(), taken_at = NULL, latitude = NULL, longitude = NULL, look = NULL
    FROM activity AS a
    WHERE e.programme = of_programme AND a.programme = of_programme AND a.id = e.activity AND a.recipient = of_owner;
    PERFORM erase_words(of_programme, of_owner);
    RETURN TRUE;
END
$$;
REVOKE ALL ON FUNCTION erase_person FROM public;
GRANT EXECUTE ON FUNCTION erase_person TO ledger_service;

-- Files stand by their hash for all programmes together: one that another still shows is not removed.
CREATE FUNCTION is_shown_elsewhere(of_programme text, of_sha256 text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM evidence AS e
        WHERE e.sha256 = of_sha256 AND e.programme <> of_programme AND e.removed_at IS NULL
    );
$$;
REVOKE ALL ON FUNCTION is_shown_elsewhere FROM public;
GRANT EXECUTE ON FUNCTION is_shown_elsewhere TO ledger_service;
