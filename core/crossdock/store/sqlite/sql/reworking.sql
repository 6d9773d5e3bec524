-- name: fingerprint
SELECT fingerprint FROM routes WHERE pipeline = ? AND route = ?

-- name: keep_fingerprint
INSERT INTO routes (pipeline, route, fingerprint) VALUES (?, ?, ?)
ON CONFLICT (pipeline, route) DO UPDATE SET fingerprint = excluded.fingerprint

-- name: make_due
UPDATE deliveries SET due_at = ?
WHERE pipeline = ? AND route = ? AND open = 1 AND state IN ('held', 'waiting') AND due_at > ?

-- name: newer
SELECT 1 FROM deliveries d
JOIN deliveries newer ON newer.pipeline = d.pipeline AND newer.key = d.key AND newer.route = d.route
WHERE d.id = ? AND newer.revision > d.revision

-- name: reopen
UPDATE deliveries SET
    state = 'pending', code = 'replayed', reason = ?, fix = NULL, since = ?, due_at = ?, deadline = NULL,
    attempts = 0, settled_at = NULL, open = 1
WHERE id = ? AND state IN ('held', 'dead')

-- name: discard
UPDATE deliveries SET
    state = 'skipped', code = 'discarded', reason = ?, fix = NULL, since = ?, due_at = NULL, deadline = NULL,
    settled_at = ?, open = NULL
WHERE id = ? AND state IN ('held', 'dead')

-- name: link_arrived
UPDATE deliveries SET
    state = 'pending', code = 'link_arrived', reason = 'it was not ours when it was read; a link says now that it is',
    fix = NULL, since = ?, due_at = ?, settled_at = NULL, open = 1
WHERE pipeline = ? AND route = ? AND code = 'not_ours' AND state = 'skipped'
    AND EXISTS (
        SELECT 1 FROM records r
        WHERE r.id = deliveries.record_id AND (
            EXISTS (SELECT 1 FROM links l WHERE l.far_account = r.account AND l.far_id = deliveries.key)
            OR EXISTS (SELECT 1 FROM links l WHERE l.near_account = r.account AND l.near_id = deliveries.key)
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM deliveries newer
        WHERE newer.pipeline = deliveries.pipeline AND newer.key = deliveries.key AND newer.route = deliveries.route
            AND newer.revision > deliveries.revision
    )
