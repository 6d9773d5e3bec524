-- name: put
INSERT INTO pauses (kind, name, at, actor, reason) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, name) DO UPDATE SET at = excluded.at, actor = excluded.actor, reason = excluded.reason

-- name: remove
DELETE FROM pauses WHERE kind = ? AND name = ?

-- name: all
SELECT kind, name, at, actor, reason FROM pauses ORDER BY at, kind, name
