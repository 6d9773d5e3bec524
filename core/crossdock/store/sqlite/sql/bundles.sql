-- name: allot
INSERT INTO batches (account, sink, allotted_at) VALUES (?, ?, ?) RETURNING id

-- name: add_member
INSERT INTO members (effect_id, carrier_id) VALUES (?, ?)

-- name: carrier
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, NULL
FROM effects e
LEFT JOIN plans p ON p.effect_id = e.id
WHERE e.id = ?

-- name: members
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM members m
JOIN effects e ON e.id = m.effect_id
LEFT JOIN plans p ON p.effect_id = e.id
WHERE m.carrier_id = ?
ORDER BY e.rowid

-- name: count
SELECT count(*) FROM members WHERE carrier_id = ?
