-- name: records
SELECT r.id, r.key, r.revision, r.account, r.identifiers, r.read_at, p.codec, p.body
FROM records r
LEFT JOIN payloads p ON p.id = r.id
WHERE r.pipeline = ? AND r.key > ? AND r.read_at >= ?
    AND NOT EXISTS (
        SELECT 1 FROM records newer
        WHERE newer.pipeline = r.pipeline AND newer.key = r.key AND newer.revision > r.revision
    )
ORDER BY r.key
LIMIT ?

-- The newest on each route, and older ones that are still open or dead.
-- name: standing
WITH wanted (key) AS (VALUES {rows})
SELECT DISTINCT d.id, d.pipeline, d.route, d.key, d.revision, d.state, d.code, d.reason, d.fix, d.attempts, d.since,
    d.due_at, d.deadline
FROM wanted
CROSS JOIN deliveries d ON d.pipeline = ? AND d.key = wanted.key
WHERE d.open IS NOT NULL
    OR NOT EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = d.pipeline AND newer.key = d.key AND newer.route = d.route
            AND newer.revision > d.revision
    )

-- name: made
SELECT r.key, e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM effects e
JOIN records r ON r.id = e.record_id
LEFT JOIN plans p ON p.effect_id = e.id
LEFT JOIN members m ON m.effect_id = e.id
WHERE e.account = ? AND (e.sink, e.key, e.version) > (?, ?, ?) AND e.planned_at >= ? AND e.state <> 'void'
ORDER BY e.sink, e.key, e.version
LIMIT ?
