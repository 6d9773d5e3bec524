-- name: add
INSERT INTO effects (
    id, account, sink, key, version, state, delivery_id, record_id, pipeline, route, planned_at, settled_at, receipt
)
SELECT * FROM unnest(
    %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::bigint[], %b::text[],
    %b::text[], %b::bigint[], %b::bigint[], %b::text[]
)
ON CONFLICT DO NOTHING

-- name: add_plan
INSERT INTO plans (effect_id, content, memo, facts)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[])

-- name: count
INSERT INTO pipelines (name, effects)
SELECT * FROM unnest(%b::text[], %b::bigint[])
ON CONFLICT (name) DO UPDATE SET effects = pipelines.effects + excluded.effects

-- name: settle
UPDATE effects e SET state = new.state, settled_at = new.at, receipt = coalesce(new.receipt, e.receipt)
FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::text[]) AS new (state, at, receipt, id)
WHERE e.id = new.id

-- name: name
INSERT INTO identifiers (value, pipeline, key, name)
SELECT new.value, e.pipeline, r.key, new.name
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) AS new (value, name, effect_id, same_value)
JOIN effects e ON e.id = new.effect_id
JOIN records r ON r.id = e.record_id
WHERE r.key <> new.value
ON CONFLICT DO NOTHING

-- name: last_step
SELECT nextval('step_numbers')

-- name: known_steps
SELECT effect_id, position, id FROM steps WHERE effect_id = ANY(%b::text[])

-- name: add_step
INSERT INTO steps (
    id, effect_id, position, method, url, attempts, attempted_at, answered_at, lost, status, followed
)
SELECT new.id, new.effect_id, new.position, new.method, new.url, new.attempts, new.attempted_at, new.answered_at,
    new.lost <> 0, new.status, new.followed <> 0
FROM unnest(
    %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[],
    %b::bigint[], %b::bigint[], %b::bigint[]
) AS new (id, effect_id, position, method, url, attempts, attempted_at, answered_at, lost, status, followed)

-- name: add_request
INSERT INTO requests (step_id, headers, codec, body)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::bytea[])

-- name: update_step
UPDATE steps s SET
    attempts = s.attempts + (new.attempted_at IS NOT NULL AND new.attempted_at IS DISTINCT FROM s.attempted_at)::int,
    attempted_at = new.attempted_at, answered_at = new.answered_at, lost = new.lost <> 0, status = new.status
FROM unnest(
    %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[]
) AS new (is_attempted, is_other, attempted_at, answered_at, lost, status, id)
WHERE s.id = new.id

-- name: replace_step
UPDATE steps s SET method = new.method, url = new.url
FROM unnest(%b::text[], %b::text[], %b::bigint[]) AS new (method, url, id)
WHERE s.id = new.id

-- name: replace_request
UPDATE requests q SET headers = new.headers, codec = new.codec, body = new.body
FROM unnest(%b::text[], %b::bigint[], %b::bytea[], %b::bigint[]) AS new (headers, codec, body, step_id)
WHERE q.step_id = new.step_id

-- name: put_answer
INSERT INTO answers (step_id, headers, codec, body)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::bytea[])
ON CONFLICT (step_id) DO UPDATE SET headers = excluded.headers, codec = excluded.codec, body = excluded.body

-- name: drop_answer
DELETE FROM answers WHERE step_id = ANY(%b::bigint[])

-- name: of_delivery
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM effects e
LEFT JOIN plans p ON p.effect_id = e.id
LEFT JOIN members m ON m.effect_id = e.id
WHERE e.delivery_id = %b
ORDER BY e.number

-- name: latest
SELECT e.id, e.account, e.sink, e.key, e.version, e.state, e.delivery_id, e.record_id, e.pipeline, e.route,
    p.content, p.memo, p.facts, e.receipt, e.planned_at, e.settled_at, e.erased_at, m.carrier_id
FROM unnest(%b::text[]) AS wanted (key)
CROSS JOIN LATERAL (
    SELECT * FROM effects
    WHERE account = %b AND sink = %b AND key = wanted.key AND state <> 'void'
    ORDER BY version DESC LIMIT 1
) e
LEFT JOIN plans p ON p.effect_id = e.id
LEFT JOIN members m ON m.effect_id = e.id

-- name: steps
SELECT s.effect_id, s.position, s.method, s.url, q.headers, q.codec, q.body, s.attempted_at, s.answered_at, s.lost,
    s.status, s.followed, a.headers, a.codec, a.body
FROM steps s
LEFT JOIN requests q ON q.step_id = s.id
LEFT JOIN answers a ON a.step_id = s.id
WHERE s.effect_id = ANY(%b::text[])
ORDER BY s.effect_id, s.position
