-- name: all
SELECT issue, scope, mark, about, told_at FROM alerts ORDER BY issue

-- name: tell
INSERT INTO alerts (issue, scope, mark, about, told_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (issue) DO UPDATE SET
    scope = excluded.scope, mark = excluded.mark, about = excluded.about, told_at = excluded.told_at

-- name: forget
DELETE FROM alerts WHERE issue = ?
