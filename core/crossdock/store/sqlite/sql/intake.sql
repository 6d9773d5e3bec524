-- name: newest
WITH wanted (key) AS (VALUES {rows})
SELECT r.key, r.revision, r.version, r.version_is_time, r.digest, p.salt
FROM wanted
CROSS JOIN records r ON r.id = (
    SELECT id FROM records
    WHERE pipeline = ? AND key = wanted.key
    ORDER BY revision DESC LIMIT 1
)
LEFT JOIN payloads p ON p.id = r.id

-- name: last_record
SELECT coalesce(max(id), 0) FROM records

-- name: add_record
INSERT INTO records (
    id, pipeline, account, entity, key, revision, version, version_is_time,
    ordering_key, identifiers, digest, read_at, backfill, sweep
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_payload
INSERT INTO payloads (id, codec, salt, body) VALUES (?, ?, ?, ?)

-- name: add_identifier
INSERT INTO identifiers (value, pipeline, key, name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: add_delivery
INSERT INTO deliveries (
    pipeline, route, key, revision, record_id, ordering_key, state, read_at, since, due_at
) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)

-- name: supersede
UPDATE deliveries SET
    state = 'skipped', code = 'superseded', reason = 'superseded', fix = NULL,
    due_at = NULL, deadline = NULL, since = ?, settled_at = ?, open = NULL
WHERE pipeline = ? AND key = ? AND route = ? AND revision < ? AND open IS NOT NULL
    AND (state IN ('pending', 'waiting', 'dead') OR (state = 'held' AND code IS NOT 'outcome_unknown'))

-- name: count_revisions
INSERT INTO pipelines (name, revisions) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET revisions = revisions + excluded.revisions

-- name: cursor
SELECT value, advanced_at, swept_at FROM cursors WHERE pipeline = ?

-- name: move_cursor
INSERT INTO cursors (pipeline, value, advanced_at, swept_at) VALUES (?, ?, ?, ?)
ON CONFLICT (pipeline) DO UPDATE SET
    value = excluded.value,
    advanced_at = excluded.advanced_at,
    swept_at = coalesce(excluded.swept_at, swept_at)

-- name: note_sweep
UPDATE cursors SET swept_at = ? WHERE pipeline = ?

-- name: note_read
INSERT INTO pipelines (name, last_read, last_idle, reason) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET
    last_read = coalesce(excluded.last_read, last_read),
    last_idle = coalesce(excluded.last_idle, last_idle),
    reason = excluded.reason

-- name: raw
SELECT codec, body FROM payloads WHERE id = ?
