-- The newest on each route, and older ones that are still open or dead.
-- name: standing
SELECT d.id, d.pipeline, d.route, d.key, d.revision, d.state, d.code, d.reason, d.fix, d.attempts, d.since, d.due_at,
    d.deadline
FROM unnest(%b::text[]) AS wanted (key)
JOIN deliveries d ON d.pipeline = %b AND d.key = wanted.key
WHERE d.open IS NOT NULL
    OR NOT EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = d.pipeline AND newer.key = d.key AND newer.route = d.route
            AND newer.revision > d.revision
    )
