-- Why: people who work here sign in by name and password, and what they may do hangs on roles that can be taken away.

CREATE TABLE staff (
    id text COLLATE "C" NOT NULL,
    user_name text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    digest text COLLATE "C",
    pepper text COLLATE "C" NOT NULL,
    password_set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    is_blocked boolean NOT NULL DEFAULT FALSE,
    added_by text COLLATE "C" NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT staff_once PRIMARY KEY (id),
    CONSTRAINT staff_user_name_once UNIQUE (user_name),
    CONSTRAINT staff_hangs_on_a_node FOREIGN KEY (node) REFERENCES node (id)
);
CREATE INDEX staff_by_node ON staff (node, id);

-- A name of a person, apart from what others refer to: it can be taken away by itself.
CREATE TABLE staff_person (
    staff text COLLATE "C" NOT NULL,
    name text NOT NULL,
    CONSTRAINT staff_person_once PRIMARY KEY (staff),
    CONSTRAINT staff_person_of_staff FOREIGN KEY (staff) REFERENCES staff (id)
);

CREATE TABLE staff_role (
    id text COLLATE "C" NOT NULL,
    staff text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    node text COLLATE "C" NOT NULL,
    programme text COLLATE "C",
    owner text COLLATE "C",
    area text COLLATE "C",
    granted_by text COLLATE "C" NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_by text COLLATE "C",
    ended_at timestamptz,
    CONSTRAINT staff_role_once PRIMARY KEY (id),
    CONSTRAINT staff_role_of_staff FOREIGN KEY (staff) REFERENCES staff (id),
    CONSTRAINT staff_role_hangs_on_a_node FOREIGN KEY (node) REFERENCES node (id),
    CONSTRAINT staff_role_is_of_staff CHECK (role <> 'resident'),
    CONSTRAINT staff_role_narrowed_within_a_programme CHECK (
        programme IS NOT NULL OR (owner IS NULL AND area IS NULL)
    ),
    CONSTRAINT staff_role_ended_whole CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX staff_role_by_staff ON staff_role (staff, id);

-- Of staff by their role, or of a resident by a card. Only hashes of what the caller holds.
CREATE TABLE session (
    id text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    earlier_hash bytea,
    earlier_until timestamptz,
    staff text COLLATE "C",
    staff_role text COLLATE "C",
    node text COLLATE "C",
    programme text COLLATE "C",
    owner text COLLATE "C",
    card text COLLATE "C",
    device text NOT NULL,
    idle_seconds integer NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    renewed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT session_once PRIMARY KEY (id),
    CONSTRAINT session_of_staff FOREIGN KEY (staff) REFERENCES staff (id),
    CONSTRAINT session_in_a_role FOREIGN KEY (staff_role) REFERENCES staff_role (id),
    CONSTRAINT session_of_somebody CHECK (
        (staff IS NOT NULL AND staff_role IS NOT NULL AND programme IS NULL AND owner IS NULL AND card IS NULL)
        OR (staff IS NULL AND staff_role IS NULL AND node IS NOT NULL AND programme IS NOT NULL AND owner IS NOT NULL)
    )
);
CREATE INDEX session_by_staff ON session (staff) WHERE ended_at IS NULL;
CREATE INDEX session_by_owner ON session (programme, owner) WHERE ended_at IS NULL AND staff IS NULL;
CREATE INDEX session_by_end ON session (expires_at);

ALTER TABLE api_key ADD COLUMN title text,
ADD COLUMN used_at timestamptz,
ADD COLUMN made_by text COLLATE "C",
ADD COLUMN replaces text COLLATE "C";
CREATE INDEX api_key_by_node ON api_key (node, id);

GRANT SELECT, INSERT ON staff, staff_person, staff_role, session TO ledger_service;
GRANT UPDATE (digest, pepper, password_set_at, is_blocked) ON staff TO ledger_service;
GRANT UPDATE (name) ON staff_person TO ledger_service;
GRANT DELETE ON staff_person, session TO ledger_service;
GRANT UPDATE (ended_by, ended_at) ON staff_role TO ledger_service;
GRANT UPDATE (secret_hash, earlier_hash, earlier_until, staff_role, renewed_at, used_at, ended_at) ON session
TO ledger_service;
GRANT UPDATE (used_at) ON api_key TO ledger_service;
