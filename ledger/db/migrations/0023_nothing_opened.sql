-- Why: where nothing was opened, a function that asks "is it among what is open" got NULL, which is no refusal.
CREATE OR REPLACE FUNCTION visible_programmes() RETURNS text [] LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(string_to_array(current_setting('ledger.programmes', TRUE), ','), '{}');
