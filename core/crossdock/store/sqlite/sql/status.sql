-- name: pipeline
SELECT last_read, last_idle, revisions, reason FROM pipelines WHERE name = ?

-- name: open
SELECT state, count(*), min(read_at) FROM deliveries WHERE pipeline = ? AND open = 1 GROUP BY state

-- name: settled
SELECT state, count(*) FROM deliveries WHERE pipeline = ? AND settled_at IS NOT NULL GROUP BY state

-- name: last_delivered
SELECT max(settled_at) FROM deliveries WHERE pipeline = ? AND state = 'delivered' AND settled_at IS NOT NULL
