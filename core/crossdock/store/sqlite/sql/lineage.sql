-- name: row
SELECT mark, before, taken_at, restored_at, backup_at FROM lineage

-- name: put_mark
UPDATE lineage SET mark = ?, before = ?

-- name: take
UPDATE lineage SET taken_at = ?

-- name: restored
UPDATE lineage SET restored_at = ?, backup_at = ?, taken_at = NULL

-- name: last_known
SELECT at FROM audit ORDER BY seq DESC LIMIT 1

-- name: doubt
SELECT l.restored_at, l.backup_at, r.last_record
FROM lineage l
LEFT JOIN rereads r ON r.pipeline = ? AND r.restored_at = l.restored_at
WHERE l.restored_at IS NOT NULL

-- name: reread
INSERT INTO rereads (pipeline, restored_at, last_record)
SELECT ?, l.restored_at, (SELECT coalesce(max(id), 0) FROM records)
FROM lineage l
WHERE l.restored_at IS NOT NULL
ON CONFLICT (pipeline) DO UPDATE SET restored_at = excluded.restored_at, last_record = excluded.last_record
    WHERE rereads.restored_at <> excluded.restored_at
