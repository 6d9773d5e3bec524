-- By the clock of this server: how long a right is held must not depend on who asks.
-- name: take_lease
INSERT INTO leases (name, owner, until)
SELECT wanted.name, wanted.owner, clock.now + wanted.until - wanted.at
FROM (VALUES (%b::text, %b::text, %b::bigint, %b::bigint)) AS wanted (name, owner, until, at),
    (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS clock (now)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE leases.until <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
