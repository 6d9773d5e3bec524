-- Given several times at once, each time counts and the last words stay.
-- name: put
INSERT INTO notices (pipeline, code, subject, message, fix, first_at, last_at, count)
SELECT pipeline, code, subject, message, fix, first_at, last_at, times
FROM (
    SELECT DISTINCT ON (pipeline, code, subject) *, count(*) OVER (PARTITION BY pipeline, code, subject) AS times
    FROM unnest(
        %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[], %b::bigint[]
    ) WITH ORDINALITY AS new (pipeline, code, subject, message, fix, first_at, last_at, place)
    ORDER BY pipeline, code, subject, place DESC
) AS given
ON CONFLICT (pipeline, code, subject) DO UPDATE SET
    message = excluded.message, fix = excluded.fix, last_at = excluded.last_at, count = notices.count + excluded.count
