-- Why: households divide and merge and people move, and where somebody belonged must be found again.

CREATE TABLE household_change (
    programme text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    household text COLLATE "C",
    other text COLLATE "C",
    members text [] COLLATE "C" NOT NULL DEFAULT '{}',
    journal_id text COLLATE "C",
    changed_by text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT household_change_once PRIMARY KEY (programme, id),
    CONSTRAINT household_change_kind_known CHECK (kind IN ('merge', 'divide', 'move')),
    CONSTRAINT household_change_names_both CHECK (
        CASE
            WHEN kind = 'move' THEN coalesce(household, other) IS NOT NULL AND cardinality(members) = 1
            ELSE household IS NOT NULL AND other IS NOT NULL AND journal_id IS NOT NULL
        END
    ),
    CONSTRAINT household_change_left_exists FOREIGN KEY (programme, household) REFERENCES owner (programme, id),
    CONSTRAINT household_change_joined_exists FOREIGN KEY (programme, other) REFERENCES owner (programme, id)
);
CREATE INDEX household_change_left ON household_change (programme, household, id);
CREATE INDEX household_change_joined ON household_change (programme, other, id);
CREATE UNIQUE INDEX household_merges_once ON household_change (programme, household) WHERE kind = 'merge';
CREATE INDEX owner_by_household ON owner (programme, household, id) WHERE household IS NOT NULL;
CREATE INDEX counter_by_subject ON counter (programme, subject);

CREATE TRIGGER household_change_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON household_change
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE household_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_programmes ON household_change USING (programme = ANY((SELECT visible_programmes())::text []));
GRANT SELECT, INSERT ON household_change TO ledger_service;
