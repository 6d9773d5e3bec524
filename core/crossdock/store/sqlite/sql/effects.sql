-- name: add
INSERT INTO effects (
    id, account, sink, key, version, state, delivery_id, record_id, pipeline, route, planned_at, settled_at, receipt
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING

-- name: add_plan
INSERT INTO plans (effect_id, content, memo, facts) VALUES (?, ?, ?, ?)

-- name: count
INSERT INTO pipelines (name, effects) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET effects = effects + excluded.effects

-- name: counted
SELECT effects FROM pipelines WHERE name = ?

-- name: taken
SELECT 1 FROM effects WHERE account = ? AND sink = ? AND key = ? AND version = ?

-- name: settle
UPDATE effects SET state = ?, settled_at = ?, receipt = coalesce(?, receipt) WHERE id = ?

-- name: name
INSERT INTO identifiers (value, pipeline, key, name)
SELECT ?, e.pipeline, r.key, ?
FROM effects e
JOIN records r ON r.id = e.record_id
WHERE e.id = ? AND r.key <> ?
ON CONFLICT DO NOTHING

-- name: last_step
SELECT coalesce(max(id), 0) FROM steps

-- name: known_steps
WITH wanted (effect_id) AS (VALUES {rows})
SELECT s.effect_id, s.position, s.id FROM wanted JOIN steps s ON s.effect_id = wanted.effect_id

-- name: add_step
INSERT INTO steps (
    id, effect_id, position, method, url, attempts, attempted_at, answered_at, lost, status, followed
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_request
INSERT INTO requests (step_id, headers, codec, body) VALUES (?, ?, ?, ?)

-- name: update_step
UPDATE steps SET
    attempts = attempts + (? IS NOT NULL AND ? IS NOT attempted_at),
    attempted_at = ?, answered_at = ?, lost = ?, status = ?
WHERE id = ?

-- name: replace_step
UPDATE steps SET method = ?, url = ? WHERE id = ?

-- name: replace_request
UPDATE requests SET headers = ?, codec = ?, body = ? WHERE step_id = ?

-- name: put_answer
INSERT INTO answers (step_id, headers, codec, body) VALUES (?, ?, ?, ?)
ON CONFLICT (step_id) DO UPDATE SET headers = excluded.headers, codec = excluded.codec, body = excluded.body

-- name: drop_answer
DELETE FROM answers WHERE step_id = ?

-- name: of_delivery
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM effects e
LEFT JOIN plans p ON p.effect_id = e.id
LEFT JOIN members m ON m.effect_id = e.id
WHERE e.delivery_id = ?
ORDER BY e.rowid

-- name: latest
WITH wanted (key) AS (VALUES {rows})
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM wanted
CROSS JOIN effects e ON e.rowid = (
    SELECT rowid FROM effects
    WHERE account = ? AND sink = ? AND key = wanted.key AND state <> 'void'
    ORDER BY version DESC LIMIT 1
)
LEFT JOIN plans p ON p.effect_id = e.id
LEFT JOIN members m ON m.effect_id = e.id

-- name: newest_version
SELECT coalesce(max(version), 0) FROM effects WHERE account = ? AND sink = ? AND key = ?

-- name: steps
WITH wanted (effect_id) AS (VALUES {rows})
SELECT s.effect_id, s.position, s.method, s.url, q.headers, q.codec, q.body, s.attempted_at, s.answered_at, s.lost,
    s.status, s.followed, a.headers, a.codec, a.body
FROM wanted
CROSS JOIN steps s ON s.effect_id = wanted.effect_id
LEFT JOIN requests q ON q.step_id = s.id
LEFT JOIN answers a ON a.step_id = s.id
ORDER BY s.effect_id, s.position
