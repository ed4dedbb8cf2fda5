-- Why: what the doors read: which programmes lie below a node, and the balances of many owners in one call.

-- Row-level security hides every programme that is not named; whoever asks for a node's programmes cannot name them.
CREATE FUNCTION programmes_below(top_node text, only_programme text, after_programme text, at_most integer)
RETURNS TABLE (programme text, node text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ledger, pg_temp AS $$
    WITH RECURSIVE below AS (
        SELECT n.id, 1 AS depth FROM node AS n WHERE n.id = top_node
        UNION ALL
        SELECT n.id, below.depth + 1
        FROM below
        INNER JOIN node AS n ON n.parent = below.id
        WHERE below.depth < 32
    )
    SELECT p.programme, p.node
    FROM programme AS p
    WHERE p.node IN (SELECT id FROM below)
        AND (only_programme IS NULL OR p.programme = only_programme)
        AND p.programme > after_programme
    ORDER BY p.programme
    LIMIT at_most;
$$;
REVOKE ALL ON FUNCTION programmes_below FROM public;
GRANT EXECUTE ON FUNCTION programmes_below TO ledger_service;

CREATE INDEX node_by_parent ON node (parent);

-- Two statements, so that the second sees the setting of the first; one round trip for all who are waiting.
CREATE FUNCTION read_balances(wanted_programmes text [], wanted_owners text [])
RETURNS json LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    named text;
    answer json;
BEGIN
    SELECT string_agg(DISTINCT w.programme, ',') INTO named FROM unnest(wanted_programmes) AS w (programme);
    PERFORM set_config('ledger.programmes', named, TRUE);

    SELECT json_agg(json_build_array(
        EXISTS (SELECT FROM owner AS o WHERE o.programme = w.programme AND o.id = w.owner),
        (
            SELECT json_agg(
                json_build_array(
                    b.purse, b.unit, u.scale, b.total, b.account_version, b.bucket_days, b.bucket_amounts, a.is_closed
                )
                ORDER BY b.purse, b.unit
            )
            FROM balance AS b
            CROSS JOIN LATERAL (
                SELECT u.scale FROM unit AS u WHERE u.programme = b.programme AND u.unit = b.unit LIMIT 1
            ) AS u
            CROSS JOIN LATERAL (
                SELECT a.is_closed FROM account AS a
                WHERE a.programme = b.programme AND a.owner = b.owner AND a.purse = b.purse LIMIT 1
            ) AS a
            WHERE b.programme = w.programme AND b.owner = w.owner AND b.account_version > 0
        ),
        next_notice.due_on,
        next_notice.amount
    ) ORDER BY w.place)
    INTO answer
    FROM unnest(wanted_programmes, wanted_owners) WITH ORDINALITY AS w (programme, owner, place)
    LEFT JOIN LATERAL (
        SELECT i.due_on, total_of(e.amount) AS amount
        FROM entry AS e
        CROSS JOIN LATERAL (
            SELECT i.due_on FROM open_item AS i
            WHERE i.programme = e.programme AND i.journal_id = e.journal_id AND i.ended_by IS NULL LIMIT 1
        ) AS i
        WHERE e.programme = w.programme AND e.owner = w.owner AND e.purse = 'pending' AND e.unit = 'points'
            AND EXISTS (
                SELECT FROM balance AS b
                WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = 'pending' AND b.unit = 'points'
                    AND b.total > 0
            )
        GROUP BY i.due_on
        ORDER BY i.due_on
        LIMIT 1
    ) AS next_notice ON TRUE;
    RETURN answer;
END
$$;
GRANT EXECUTE ON FUNCTION read_balances TO ledger_service;
