-- name: know
INSERT INTO runs (pipeline) SELECT unnest(%b::text[]) ON CONFLICT DO NOTHING

-- name: look
SELECT pipeline, owner, session, until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS held,
    until - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS left_us
FROM runs
WHERE pipeline = ANY(%b::text[])
ORDER BY pipeline
FOR UPDATE

-- name: owner_is_gone
SELECT pg_try_advisory_xact_lock(%b)

-- name: take
UPDATE runs SET
    fence = fence + 1, owner = %b, session = %b,
    until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + %b
WHERE pipeline = %b
RETURNING fence

-- Every transaction of a run begins with this: whoever is not named in the answer has lost its pipeline.
-- name: hold
UPDATE runs SET until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + mine.length
FROM unnest(%b::text[], %b::bigint[], %b::bigint[]) AS mine (pipeline, fence, length)
WHERE runs.pipeline = mine.pipeline AND runs.fence = mine.fence AND runs.owner IS NOT NULL
RETURNING runs.pipeline

-- name: give_back
UPDATE runs SET owner = NULL, session = NULL, until = 0
FROM unnest(%b::text[], %b::bigint[]) AS mine (pipeline, fence)
WHERE runs.pipeline = mine.pipeline AND runs.fence = mine.fence

-- name: stay
SELECT pg_advisory_lock(%b)

-- name: begin
BEGIN

-- name: number
SELECT pg_current_xact_id()::text

-- name: status
SELECT pg_xact_status(%b::xid8)

-- name: known
SELECT pipeline FROM runs

-- A process that is there holds the lock of its session: a number of 64 bits, which the server shows in two halves.
-- name: runners
SELECT pipeline, owner, EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND ((l.classid::bigint << 32) | l.objid::bigint) = session
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
), until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM runs
WHERE owner IS NOT NULL
ORDER BY pipeline
