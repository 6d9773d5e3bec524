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
    attempts = 0, settled_at = NULL, open = 1, look_first = 1
WHERE id = ? AND state IN ('held', 'dead', 'delivered', 'skipped')

-- name: decide
INSERT INTO decisions (delivery_id, choice, actor, reason, at, ref, insist) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (delivery_id) DO UPDATE SET
    choice = excluded.choice, actor = excluded.actor, reason = excluded.reason, at = excluded.at,
    ref = excluded.ref, insist = excluded.insist

-- name: resolve
UPDATE deliveries SET
    state = CASE WHEN code = 'outcome_unknown' THEN 'attempted' ELSE 'pending' END, code = 'resolved', reason = ?,
    fix = NULL, since = ?, due_at = ?, deadline = NULL, attempts = 0, settled_at = NULL, open = 1, look_first = 1
WHERE id = ? AND state IN ('held', 'dead')

-- name: agree
INSERT INTO agreed (effect_id, record_id) VALUES (?, ?)
ON CONFLICT (effect_id) DO UPDATE SET record_id = excluded.record_id

-- name: agreed
SELECT record_id FROM agreed WHERE effect_id = ?

-- name: forget_decision
DELETE FROM decisions WHERE delivery_id = ?

-- name: decision
SELECT choice, actor, reason, at, ref, insist FROM decisions WHERE delivery_id = ?

-- name: missing
SELECT r.id FROM records r
WHERE r.pipeline = ? AND {conditions}
    AND NOT EXISTS (
        SELECT 1 FROM records newer
        WHERE newer.pipeline = r.pipeline AND newer.key = r.key AND newer.revision > r.revision
    )
    AND NOT EXISTS (
        SELECT 1 FROM deliveries d
        WHERE d.pipeline = r.pipeline AND d.key = r.key AND d.route = ? AND d.revision = r.revision
    )
    AND EXISTS (SELECT 1 FROM payloads p WHERE p.id = r.id)
ORDER BY r.id

-- name: fill
INSERT INTO deliveries (
    pipeline, route, key, revision, record_id, ordering_key, state, code, reason, read_at, since, due_at, look_first
)
SELECT r.pipeline, ?, r.key, r.revision, r.id, r.ordering_key, 'pending', 'replayed', ?, r.read_at, ?, ?, 1
FROM records r
WHERE r.id = ? AND r.pipeline = ? AND NOT EXISTS (
    SELECT 1 FROM records newer
    WHERE newer.pipeline = r.pipeline AND newer.key = r.key AND newer.revision > r.revision
)
ON CONFLICT DO NOTHING

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
