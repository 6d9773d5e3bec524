-- name: pipeline
SELECT last_read, last_idle, revisions, reason FROM pipelines WHERE name = ?

-- name: counts
SELECT state, count(*) FROM deliveries WHERE pipeline = ? GROUP BY state

-- name: last_delivered
SELECT max(settled_at) FROM deliveries WHERE pipeline = ? AND state = 'delivered'

-- name: oldest
SELECT read_at FROM deliveries WHERE id = (
    SELECT min(id) FROM deliveries WHERE pipeline = ? AND state = ? AND settled_at IS NULL
)
