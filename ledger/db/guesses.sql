-- name: insert_subjects
INSERT INTO guess (subject, guessed_at)
SELECT w.subject, '{}' FROM unnest($1::text []) AS w (subject)
ORDER BY w.subject
ON CONFLICT (subject) DO NOTHING;

-- name: lock_guesses
-- In a statement of its own: its snapshot is taken after the inserts, and a row is read as it is once it is locked.
SELECT
    g.subject,
    ARRAY(
        SELECT w.guess FROM unnest(g.guessed_at) AS w (guess)
        WHERE w.guess > now_at() - make_interval(secs => $2)
        ORDER BY w.guess
    ) AS guessed_at,
    now_at() AS now
FROM guess AS g
WHERE g.subject = ANY($1::text [])
ORDER BY g.subject
FOR UPDATE;

-- name: write_guesses
UPDATE guess SET guessed_at = $2, last_at = now_at()
WHERE subject = $1;

-- name: delete_old_guesses
DELETE FROM guess
WHERE last_at < now_at() - make_interval(secs => $1);
