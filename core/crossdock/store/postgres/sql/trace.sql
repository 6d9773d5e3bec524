-- name: records
SELECT r.id, r.pipeline, r.account, r.entity, r.key, r.revision, r.version, r.version_is_time, r.identifiers, r.digest,
    r.read_at, r.backfill, r.sweep
FROM pipelines p
JOIN records r ON r.pipeline = p.name AND r.key = ANY(%b::text[])

-- name: named
SELECT DISTINCT i.value, i.key FROM identifiers i WHERE i.value = ANY(%b::text[]) LIMIT %b

-- The accounts are found by jumping from one to the next in the index: few among many links.
-- name: near
WITH RECURSIVE accounts (account) AS (
    SELECT min(near_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.near_account) FROM links l WHERE l.near_account > accounts.account)
    FROM accounts
    WHERE accounts.account IS NOT NULL
)
SELECT l.id, l.near_id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.at, l.effect_id
FROM accounts
JOIN links l ON l.near_account = accounts.account AND l.near_id = ANY(%b::text[])
LIMIT %b

-- name: far
WITH RECURSIVE accounts (account) AS (
    SELECT min(far_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.far_account) FROM links l WHERE l.far_account > accounts.account)
    FROM accounts
    WHERE accounts.account IS NOT NULL
)
SELECT l.id, l.far_id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.at, l.effect_id
FROM accounts
JOIN links l ON l.far_account = accounts.account AND l.far_id = ANY(%b::text[])
LIMIT %b

-- name: effect_keys
WITH RECURSIVE sinks (account, sink) AS (
    (SELECT account, sink FROM effects ORDER BY account, sink LIMIT 1)
    UNION ALL
    SELECT following.account, following.sink
    FROM sinks
    CROSS JOIN LATERAL (
        SELECT e.account, e.sink FROM effects e
        WHERE (e.account, e.sink) > (sinks.account, sinks.sink)
        ORDER BY e.account, e.sink LIMIT 1
    ) following
)
SELECT DISTINCT e.key, r.key
FROM sinks
JOIN effects e ON e.account = sinks.account AND e.sink = sinks.sink AND e.key = ANY(%b::text[])
JOIN records r ON r.id = e.record_id
LIMIT %b

-- name: deliveries
SELECT d.id, d.pipeline, d.route, d.key, d.revision, d.state, d.code, d.reason, d.fix, d.attempts, d.since, d.due_at,
    d.deadline
FROM pipelines p
JOIN deliveries d ON d.pipeline = p.name AND d.key = ANY(%b::text[])

-- name: effects
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.pipeline, e.planned_at, e.settled_at,
    e.receipt
FROM effects e
WHERE e.delivery_id = ANY(%b::bigint[])

-- name: steps
SELECT s.effect_id, s.position, s.method, s.url, s.attempts, s.attempted_at, s.answered_at, s.lost, s.status
FROM steps s
WHERE s.effect_id = ANY(%b::text[])

-- name: carriers
SELECT DISTINCT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.pipeline, e.planned_at,
    e.settled_at, e.receipt
FROM members m
JOIN effects e ON e.id = m.carrier_id
WHERE m.effect_id = ANY(%b::text[])
