-- name: put
INSERT INTO notices (pipeline, code, subject, message, fix, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pipeline, code, subject) DO UPDATE SET
    message = excluded.message, fix = excluded.fix, last_at = excluded.last_at, count = count + 1

-- name: all
SELECT pipeline, code, subject, message, fix, first_at, count FROM notices ORDER BY first_at, pipeline, code, subject
