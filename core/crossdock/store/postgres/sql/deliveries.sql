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
