-- name: put
INSERT INTO links (
    near_account, near_id, near_kind, far_account, far_id, far_kind, lines, detail, effect_id, at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (near_account, near_id, near_kind, far_account, far_id, far_kind) DO UPDATE SET
    lines = excluded.lines, detail = excluded.detail, effect_id = coalesce(excluded.effect_id, effect_id)

-- CROSS JOIN: the ids lead, whatever the planner thinks of their number. The accounts are a row of their own: compared
-- with plain parameters, SQLite would first read the whole table into a Bloom filter where many ids are asked for.
-- name: by_near
WITH wanted (id) AS (VALUES {rows}), accounts (near, far) AS (VALUES (?, ?))
SELECT DISTINCT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail
FROM accounts
CROSS JOIN wanted
CROSS JOIN links l ON l.near_account = accounts.near AND l.near_id = wanted.id AND l.far_account = accounts.far

-- name: by_far
WITH wanted (id) AS (VALUES {rows}), accounts (far, near) AS (VALUES (?, ?))
SELECT DISTINCT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail
FROM accounts
CROSS JOIN wanted
CROSS JOIN links l ON l.far_account = accounts.far AND l.far_id = wanted.id AND l.near_account = accounts.near
