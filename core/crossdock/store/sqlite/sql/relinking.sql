-- name: current
SELECT id, near_account, near_kind, near_id, far_account, far_kind, far_id, lines, detail, effect_id
FROM links
WHERE near_account = ? AND near_id = ? AND near_kind = ? AND far_account = ? AND far_id = ? AND far_kind = ?

-- name: delete
DELETE FROM links WHERE id = ?

-- name: void_adopted
UPDATE effects SET state = 'void', settled_at = ? WHERE id = ? AND state = 'adopted'

-- The newest revision of its record: whatever that came to rested on the adoption, too.
-- name: reopen
UPDATE deliveries SET
    state = 'pending', code = 'link_removed', reason = 'a person took away the link by which it counted as there',
    fix = NULL, since = ?, due_at = ?, deadline = NULL, settled_at = NULL, open = 1, look_first = 1
WHERE state IN ('delivered', 'skipped', 'held') AND id = (
    SELECT d.id
    FROM effects e
    JOIN records r ON r.id = e.record_id
    JOIN deliveries d ON d.pipeline = e.pipeline AND d.route = e.route AND d.key = r.key
    WHERE e.id = ?
    ORDER BY d.revision DESC LIMIT 1
)

-- name: make_due
UPDATE deliveries SET due_at = ?
WHERE pipeline IN (SELECT name FROM pipelines) AND key = ? AND open = 1 AND state IN ('held', 'waiting', 'pending')
    AND due_at > ?

-- name: add_change
INSERT INTO link_changes (at, actor, what, reason, edits) VALUES (?, ?, ?, ?, ?) RETURNING id

-- name: changes
SELECT id, at, actor, what, reason, edits FROM link_changes ORDER BY id DESC LIMIT ?

-- name: change
SELECT id, at, actor, what, reason, edits FROM link_changes WHERE id = ?

-- name: all
SELECT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail, l.at, e.state
FROM links l
LEFT JOIN effects e ON e.id = l.effect_id
ORDER BY l.id DESC LIMIT ?

-- The accounts are found by jumping from one to the next in the index: few among many links.
-- name: of
WITH RECURSIVE near (account) AS (
    SELECT min(near_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.near_account) FROM links l WHERE l.near_account > near.account) FROM near
    WHERE near.account IS NOT NULL
), far (account) AS (
    SELECT min(far_account) FROM links
    UNION ALL
    SELECT (SELECT min(l.far_account) FROM links l WHERE l.far_account > far.account) FROM far
    WHERE far.account IS NOT NULL
), found (id) AS (
    SELECT l.id FROM near CROSS JOIN links l WHERE l.near_account = near.account AND l.near_id = ?
    UNION
    SELECT l.id FROM far CROSS JOIN links l WHERE l.far_account = far.account AND l.far_id = ?
)
SELECT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail, l.at, e.state
FROM found
JOIN links l ON l.id = found.id
LEFT JOIN effects e ON e.id = l.effect_id
ORDER BY l.id DESC LIMIT ?
