-- name: samples
SELECT seen FROM fields WHERE component = ? AND path = ''

-- name: put
INSERT INTO fields (component, path, known, seen, first_at, last_at, last_sample) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (component, path) DO UPDATE SET
    known = excluded.known, seen = fields.seen + excluded.seen,
    last_at = excluded.last_at, last_sample = excluded.last_sample

-- name: all
SELECT component, path, known, seen, first_at, last_at, last_sample FROM fields ORDER BY component, path
