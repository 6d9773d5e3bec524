-- The row is locked to the end of the transaction: whoever writes next goes on from what we leave.
-- name: take_head
SELECT seq, hash FROM audit_head FOR UPDATE

-- name: add
INSERT INTO audit (seq, at, pipeline, kind, ref, detail, parts, hash)
SELECT * FROM unnest(
    %b::bigint[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[]
)

-- name: add_part
INSERT INTO audit_parts (seq, name, salt, value)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bytea[], %b::text[])

-- name: parts_of
SELECT seq, name, salt, value FROM audit_parts WHERE seq = ANY(%b::bigint[])

-- name: about
SELECT seq, at, pipeline, kind, ref, detail, parts, hash
FROM audit
WHERE ref = ANY(%b::text[])
ORDER BY seq
