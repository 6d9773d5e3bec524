-- name: setting
set_config(%s, %s, FALSE)

-- Nothing counts as written before it is on disk, whatever a database or a role says.
-- name: durable
set_config(
    'synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
    FALSE
)
