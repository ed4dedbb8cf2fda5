-- Why: a public notice reads what is pending of one programme, however much of it has ended long ago.
CREATE INDEX open_item_pending ON open_item (programme, journal_id) WHERE ended_by IS NULL AND kind = 'pending';
