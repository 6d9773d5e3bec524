-- name: ready
SELECT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first <> 0), r.account, r.identifiers, p.codec, p.body
FROM deliveries d
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id
WHERE d.pipeline = %b AND d.route = %b AND d.due_at <= %b
    AND NOT EXISTS (
        SELECT 1 FROM deliveries older
        WHERE older.pipeline = d.pipeline AND older.route = d.route AND older.ordering_key = d.ordering_key
            AND older.id < d.id AND older.open = 1
            AND (older.state <> 'held' OR older.code = 'outcome_unknown' OR older.due_at <= %b)
    )
ORDER BY d.due_at, d.id
LIMIT %b

-- name: newest
SELECT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first <> 0), r.account, r.identifiers, p.codec, p.body
FROM unnest(%b::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT * FROM deliveries
    WHERE pipeline = %b AND key = wanted.key AND route = %b
    ORDER BY revision DESC LIMIT 1
) d
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id

-- name: rows
SELECT d.id, d.pipeline, d.route, d.record_id, d.key, d.ordering_key, d.revision, d.state, d.code, d.attempts,
    d.since, d.read_at, (r.backfill OR d.look_first <> 0), r.account, r.identifiers, p.codec, p.body
FROM deliveries d
JOIN records r ON r.id = d.record_id
LEFT JOIN payloads p ON p.id = d.record_id
WHERE d.id = ANY(%b::bigint[])

-- name: imagined
WITH wanted (id) AS (SELECT unnest(%b::bigint[]))
SELECT 0, r.pipeline, %b::text, r.id, r.key, r.ordering_key, r.revision, 'pending', NULL, 0,
    r.read_at, r.read_at, TRUE, r.account, r.identifiers, p.codec, p.body
FROM wanted
JOIN records r ON r.id = wanted.id
LEFT JOIN payloads p ON p.id = r.id

-- name: next_due
SELECT d.due_at
FROM deliveries d
WHERE d.pipeline = %b AND d.route = %b AND d.due_at IS NOT NULL
    AND d.state IN ('pending', 'attempted') AND d.code IS DISTINCT FROM 'in_progress'
    AND NOT EXISTS (
        SELECT 1 FROM deliveries older
        WHERE older.pipeline = d.pipeline AND older.route = d.route AND older.ordering_key = d.ordering_key
            AND older.id < d.id AND older.open = 1
            AND (older.state <> 'held' OR older.code = 'outcome_unknown')
    )
ORDER BY d.due_at, d.id
LIMIT 1

-- name: keep_open
UPDATE deliveries d SET
    since = CASE WHEN d.state = new.state AND d.code IS NOT DISTINCT FROM new.code THEN d.since ELSE new.at END,
    state = new.state, code = new.code, reason = new.reason, fix = new.fix, due_at = new.due_at,
    deadline = new.deadline, attempts = coalesce(new.attempts, d.attempts)
FROM unnest(
    %b::text[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[],
    %b::bigint[], %b::bigint[]
) AS new (was_state, was_code, at, state, code, reason, fix, due_at, deadline, attempts, id)
WHERE d.id = new.id AND d.open = 1

-- name: settle
UPDATE deliveries d SET
    since = new.since, state = new.state, code = new.code, reason = new.reason, fix = new.fix, due_at = NULL,
    deadline = new.deadline, attempts = coalesce(new.attempts, d.attempts), settled_at = new.settled_at, open = new.open
FROM unnest(
    %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::bigint[], %b::bigint[]
) AS new (since, state, code, reason, fix, deadline, attempts, settled_at, open, id)
WHERE d.id = new.id AND d.open = 1

-- name: give_way
UPDATE deliveries SET
    state = 'skipped', code = 'superseded', reason = 'superseded', fix = NULL,
    due_at = NULL, deadline = NULL, since = %b, settled_at = %b, open = NULL
WHERE id = %b AND open IS NOT NULL
    AND (state IN ('pending', 'waiting', 'dead') OR (state = 'held' AND code IS DISTINCT FROM 'outcome_unknown'))
    AND EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = deliveries.pipeline AND newer.key = deliveries.key
            AND newer.route = deliveries.route AND newer.revision > deliveries.revision
    )
RETURNING pipeline, key
