-- Why: a PIN is six digits: slow hashes in a table of their own, and guesses counted where all processes see them.

CREATE TABLE pin (
    programme text COLLATE "C" NOT NULL,
    card text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    pepper text COLLATE "C" NOT NULL,
    set_by text COLLATE "C" NOT NULL,
    set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT pin_once PRIMARY KEY (programme, card)
);
ALTER TABLE pin ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON pin USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT, DELETE ON pin TO ledger_service;
GRANT UPDATE (digest, pepper, set_by, set_at) ON pin TO ledger_service;

-- Of no programme: an address that guesses may try them all. What is counted stands here as a keyed hash.
CREATE TABLE guess (
    subject text COLLATE "C" NOT NULL,
    guessed_at timestamptz [] NOT NULL,
    last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT guess_once PRIMARY KEY (subject),
    CONSTRAINT guess_of_few CHECK (cardinality(guessed_at) <= 100)
);
CREATE INDEX guess_by_age ON guess (last_at);
GRANT SELECT, INSERT, DELETE ON guess TO ledger_service;
GRANT UPDATE (guessed_at, last_at) ON guess TO ledger_service;
