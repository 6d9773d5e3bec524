-- name: head
SELECT seq, hash FROM audit_head

-- name: move_head
UPDATE audit_head SET seq = ?, hash = ?

-- name: add
INSERT INTO audit (seq, at, actor, pipeline, kind, ref, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: all
SELECT seq, at, actor, pipeline, kind, ref, detail, hash FROM audit ORDER BY seq

-- name: about
WITH wanted (ref) AS (VALUES {rows})
SELECT DISTINCT a.seq, a.at, a.actor, a.pipeline, a.kind, a.ref, a.detail
FROM wanted
CROSS JOIN audit a ON a.ref = wanted.ref
WHERE a.pipeline IS NULL OR a.pipeline = ?
ORDER BY a.seq
