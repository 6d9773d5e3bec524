-- CROSS JOIN: the names lead, whatever the planner thinks of their number.
-- name: records
WITH wanted (name) AS (VALUES {rows})
SELECT DISTINCT r.id, r.pipeline, r.account, r.entity, r.key, r.revision, r.version, r.version_is_time, r.identifiers,
    r.digest, r.read_at, r.backfill, r.sweep
FROM wanted
CROSS JOIN pipelines p
CROSS JOIN records r ON r.pipeline = p.name AND r.key = wanted.name

-- name: named
WITH wanted (name) AS (VALUES {rows})
SELECT DISTINCT i.value, i.key
FROM wanted
CROSS JOIN identifiers i ON i.value = wanted.name
LIMIT ?

-- The accounts are found by jumping from one to the next in the index: few among many links.
-- name: near
WITH RECURSIVE wanted (name) AS (VALUES {rows}), accounts (account) AS (
    SELECT min(near_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.near_account) FROM links l WHERE l.near_account > accounts.account)
    FROM accounts
    WHERE accounts.account IS NOT NULL
)
SELECT DISTINCT l.id, wanted.name, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.at,
    l.effect_id
FROM wanted
CROSS JOIN accounts
CROSS JOIN links l ON l.near_account = accounts.account AND l.near_id = wanted.name
LIMIT ?

-- name: far
WITH RECURSIVE wanted (name) AS (VALUES {rows}), accounts (account) AS (
    SELECT min(far_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.far_account) FROM links l WHERE l.far_account > accounts.account)
    FROM accounts
    WHERE accounts.account IS NOT NULL
)
SELECT DISTINCT l.id, wanted.name, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.at,
    l.effect_id
FROM wanted
CROSS JOIN accounts
CROSS JOIN links l ON l.far_account = accounts.account AND l.far_id = wanted.name
LIMIT ?

-- name: effect_keys
WITH RECURSIVE wanted (name) AS (VALUES {rows}), sinks (account, sink) AS (
    SELECT first.account, first.sink FROM (SELECT account, sink FROM effects ORDER BY account, sink LIMIT 1) first
    UNION ALL
    SELECT e.account, e.sink
    FROM sinks
    -- In two steps: SQLite walks all rows of an account to find what is greater than a pair.
    CROSS JOIN effects e ON e.rowid = coalesce(
        (SELECT rowid FROM effects WHERE account = sinks.account AND sink > sinks.sink ORDER BY sink LIMIT 1),
        (SELECT rowid FROM effects WHERE account > sinks.account ORDER BY account, sink LIMIT 1)
    )
)
SELECT DISTINCT e.key, r.key
FROM wanted
CROSS JOIN sinks
CROSS JOIN effects e ON e.account = sinks.account AND e.sink = sinks.sink AND e.key = wanted.name
CROSS JOIN records r ON r.id = e.record_id
LIMIT ?

-- name: deliveries
WITH wanted (key) AS (VALUES {rows})
SELECT DISTINCT d.id, d.pipeline, d.route, d.key, d.revision, d.state, d.code, d.reason, d.fix, d.attempts, d.since,
    d.due_at, d.deadline
FROM wanted
CROSS JOIN pipelines p
CROSS JOIN deliveries d ON d.pipeline = p.name AND d.key = wanted.key

-- name: effects
WITH wanted (delivery_id) AS (VALUES {rows})
SELECT DISTINCT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.pipeline, e.planned_at,
    e.settled_at, e.receipt
FROM wanted
CROSS JOIN effects e ON e.delivery_id = wanted.delivery_id

-- name: steps
WITH wanted (effect_id) AS (VALUES {rows})
SELECT DISTINCT s.effect_id, s.position, s.method, s.url, s.attempts, s.attempted_at, s.answered_at, s.lost, s.status
FROM wanted
CROSS JOIN steps s ON s.effect_id = wanted.effect_id

-- What carried those of the effects that went with bundles.
-- name: carriers
WITH wanted (effect_id) AS (VALUES {rows})
SELECT DISTINCT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.pipeline, e.planned_at,
    e.settled_at, e.receipt
FROM wanted
CROSS JOIN members m ON m.effect_id = wanted.effect_id
CROSS JOIN effects e ON e.id = m.carrier_id
