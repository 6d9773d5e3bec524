-- The row is locked to the end of the transaction: whoever writes next goes on from what we leave.
-- name: take_head
SELECT seq, hash FROM audit_head FOR UPDATE

-- name: add
INSERT INTO audit (seq, at, actor, pipeline, kind, ref, detail, hash)
SELECT * FROM unnest(
    %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[]
)

-- name: about
SELECT a.seq, a.at, a.actor, a.pipeline, a.kind, a.ref, a.detail
FROM audit a
WHERE a.ref = ANY(%b::text[]) AND (a.pipeline IS NULL OR a.pipeline = %b)
ORDER BY a.seq
