-- name: ready
SELECT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first), r.account, r.identifiers, p.codec, p.body
FROM deliveries d
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id
WHERE d.pipeline = ? AND d.route = ? AND d.due_at <= ?
    AND NOT EXISTS (
        SELECT 1 FROM deliveries older
        WHERE older.pipeline = d.pipeline AND older.route = d.route AND older.ordering_key = d.ordering_key
            AND older.id < d.id AND older.open = 1
            AND (older.state <> 'held' OR older.code = 'outcome_unknown' OR older.due_at <= ?)
    )
ORDER BY d.due_at, d.id
LIMIT ?

-- name: newest
WITH wanted (key) AS (VALUES {rows})
SELECT DISTINCT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first), r.account, r.identifiers, p.codec, p.body
FROM wanted
CROSS JOIN deliveries d ON d.id = (
    SELECT id FROM deliveries
    WHERE pipeline = ? AND key = wanted.key AND route = ?
    ORDER BY revision DESC LIMIT 1
)
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id

-- name: next_due
SELECT d.due_at
FROM deliveries d
WHERE d.pipeline = ? AND d.route = ? AND d.due_at IS NOT NULL
    AND d.state IN ('pending', 'attempted') AND d.code IS NOT 'in_progress'
    AND NOT EXISTS (
        SELECT 1 FROM deliveries older
        WHERE older.pipeline = d.pipeline AND older.route = d.route AND older.ordering_key = d.ordering_key
            AND older.id < d.id AND older.open = 1
            AND (older.state <> 'held' OR older.code = 'outcome_unknown')
    )
ORDER BY d.due_at, d.id
LIMIT 1

-- name: keep_open
UPDATE deliveries SET
    since = CASE WHEN state = ? AND code IS ? THEN since ELSE ? END,
    state = ?, code = ?, reason = ?, fix = ?, due_at = ?, deadline = ?,
    attempts = coalesce(?, attempts)
WHERE id = ? AND open = 1

-- name: settle
UPDATE deliveries SET
    since = ?, state = ?, code = ?, reason = ?, fix = ?, due_at = NULL, deadline = ?,
    attempts = coalesce(?, attempts),
    settled_at = ?, open = ?
WHERE id = ? AND open = 1

-- name: give_way
UPDATE deliveries SET
    state = 'skipped', code = 'superseded', reason = 'superseded', fix = NULL,
    due_at = NULL, deadline = NULL, since = ?, settled_at = ?, open = NULL
WHERE id = ? AND open IS NOT NULL
    AND (state IN ('pending', 'waiting', 'dead') OR (state = 'held' AND code IS NOT 'outcome_unknown'))
    AND EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = deliveries.pipeline AND newer.key = deliveries.key
            AND newer.route = deliveries.route AND newer.revision > deliveries.revision
    )
RETURNING pipeline, key

-- name: exists
SELECT state FROM deliveries WHERE id = ?

-- name: summaries
SELECT id, pipeline, route, key, revision, state, code, reason, fix, attempts, since, due_at, deadline
FROM deliveries
WHERE {conditions}
    AND (? = 0 OR (coalesce(code, '') <> 'discarded' AND NOT EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = deliveries.pipeline AND newer.key = deliveries.key AND newer.route = deliveries.route
            AND newer.revision > deliveries.revision
    )))
ORDER BY id DESC
LIMIT ?

-- name: summary
SELECT id, pipeline, route, key, revision, state, code, reason, fix, attempts, since, due_at, deadline, read_at
FROM deliveries
WHERE id = ?

-- name: rows
WITH wanted (id) AS (VALUES {rows})
SELECT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first), r.account, r.identifiers, p.codec, p.body
FROM wanted
CROSS JOIN deliveries d ON d.id = wanted.id
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id

-- name: imagined
WITH wanted (id) AS (VALUES {rows})
SELECT 0, r.pipeline, ?, r.id, r.key, r.ordering_key, r.revision, 'pending', NULL, 0,
    r.read_at, r.read_at, 1, r.account, r.identifiers, p.codec, p.body
FROM wanted
CROSS JOIN records r ON r.id = wanted.id
LEFT JOIN payloads p ON p.id = r.id
