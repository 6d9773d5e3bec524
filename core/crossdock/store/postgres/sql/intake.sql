-- name: newest
SELECT r.key, r.revision, r.version, r.version_is_time, r.digest, p.salt
FROM unnest(%b::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT * FROM records
    WHERE pipeline = %b AND key = wanted.key
    ORDER BY revision DESC LIMIT 1
) r
LEFT JOIN payloads p ON p.id = r.id

-- name: last_record
SELECT nextval('record_numbers')

-- name: add_record
INSERT INTO records (
    id, pipeline, account, entity, key, revision, version, version_is_time,
    ordering_key, identifiers, digest, read_at, backfill, sweep
)
SELECT new.id, new.pipeline, new.account, new.entity, new.key, new.revision, new.version, new.version_is_time <> 0,
    new.ordering_key, new.identifiers, new.digest, new.read_at, new.backfill <> 0, new.sweep <> 0
FROM unnest(
    %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::text[], %b::text[], %b::bytea[], %b::bigint[], %b::bigint[], %b::bigint[]
) AS new (
    id, pipeline, account, entity, key, revision, version, version_is_time, ordering_key, identifiers, digest, read_at,
    backfill, sweep
)

-- name: add_payload
INSERT INTO payloads (id, codec, salt, body)
SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[], %b::bytea[])

-- name: add_identifier
INSERT INTO identifiers (value, pipeline, key, name)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[])
ON CONFLICT DO NOTHING

-- In the order given: an older record of an ordering key stands before a younger one by its number.
-- name: add_delivery
INSERT INTO deliveries (
    pipeline, route, key, revision, record_id, ordering_key, state, read_at, since, due_at
)
SELECT new.pipeline, new.route, new.key, new.revision, new.record_id, new.ordering_key, 'pending', new.read_at,
    new.since, new.due_at
FROM unnest(
    %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[]
) WITH ORDINALITY AS new (
    pipeline, route, key, revision, record_id, ordering_key, read_at, since, due_at, place
)
ORDER BY new.place

-- name: supersede
UPDATE deliveries d SET
    state = 'skipped', code = 'superseded', reason = 'superseded', fix = NULL,
    due_at = NULL, deadline = NULL, since = new.since, settled_at = new.settled_at, open = NULL
FROM unnest(
    %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::bigint[]
) AS new (since, settled_at, pipeline, key, route, revision)
WHERE d.pipeline = new.pipeline AND d.key = new.key AND d.route = new.route AND d.revision < new.revision
    AND d.open IS NOT NULL
    AND (d.state IN ('pending', 'waiting', 'dead') OR (d.state = 'held' AND d.code IS DISTINCT FROM 'outcome_unknown'))

-- name: count_revisions
INSERT INTO pipelines (name, revisions) VALUES (%b, %b)
ON CONFLICT (name) DO UPDATE SET revisions = pipelines.revisions + excluded.revisions

-- name: move_cursor
INSERT INTO cursors (pipeline, value, advanced_at, swept_at) VALUES (%b, %b, %b, %b)
ON CONFLICT (pipeline) DO UPDATE SET
    value = excluded.value,
    advanced_at = excluded.advanced_at,
    swept_at = coalesce(excluded.swept_at, cursors.swept_at)

-- name: note_read
INSERT INTO pipelines (name, last_read, last_idle, reason) VALUES (%b, %b, %b, %b)
ON CONFLICT (name) DO UPDATE SET
    last_read = coalesce(excluded.last_read, pipelines.last_read),
    last_idle = coalesce(excluded.last_idle, pipelines.last_idle),
    reason = excluded.reason
