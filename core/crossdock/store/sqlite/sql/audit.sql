-- name: head
SELECT seq, hash FROM audit_head

-- name: take_head
SELECT seq, hash FROM audit_head

-- name: move_head
UPDATE audit_head SET seq = ?, hash = ?

-- name: add
INSERT INTO audit (seq, at, pipeline, kind, ref, detail, parts, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_part
INSERT INTO audit_parts (seq, name, salt, value) VALUES (?, ?, ?, ?)

-- name: page
SELECT seq, at, pipeline, kind, ref, detail, parts, hash
FROM audit
WHERE seq > ? AND seq <= ?
ORDER BY seq
LIMIT ?

-- name: parts
SELECT seq, name, salt, value FROM audit_parts WHERE seq BETWEEN ? AND ? ORDER BY seq, name

-- name: parts_of
WITH wanted (seq) AS (VALUES {rows})
SELECT DISTINCT p.seq, p.name, p.salt, p.value FROM wanted CROSS JOIN audit_parts p ON p.seq = wanted.seq

-- name: about
WITH wanted (ref) AS (VALUES {rows})
SELECT DISTINCT a.seq, a.at, a.pipeline, a.kind, a.ref, a.detail, a.parts, a.hash
FROM wanted
CROSS JOIN audit a ON a.ref = wanted.ref
ORDER BY a.seq
