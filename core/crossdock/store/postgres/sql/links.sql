-- Of links that are given twice the last one counts: a statement may touch a row only once.
-- name: put
INSERT INTO links (
    near_account, near_id, near_kind, far_account, far_id, far_kind, lines, detail, effect_id, at
)
SELECT near_account, near_id, near_kind, far_account, far_id, far_kind, lines, detail, effect_id, at
FROM (
    SELECT DISTINCT ON (near_account, near_id, near_kind, far_account, far_id, far_kind) *
    FROM unnest(
        %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[],
        %b::bigint[]
    ) WITH ORDINALITY AS new (
        near_account, near_id, near_kind, far_account, far_id, far_kind, lines, detail, effect_id, at, place
    )
    ORDER BY near_account, near_id, near_kind, far_account, far_id, far_kind, place DESC
) AS given
ORDER BY place
ON CONFLICT (near_account, near_id, near_kind, far_account, far_id, far_kind) DO UPDATE SET
    lines = excluded.lines, detail = excluded.detail, effect_id = coalesce(excluded.effect_id, links.effect_id)

-- name: by_near
SELECT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail
FROM links l
WHERE l.near_id = ANY(%b::text[]) AND l.near_account = %b AND l.far_account = %b

-- name: by_far
SELECT l.id, l.near_account, l.near_kind, l.near_id, l.far_account, l.far_kind, l.far_id, l.lines, l.detail
FROM links l
WHERE l.far_id = ANY(%b::text[]) AND l.far_account = %b AND l.near_account = %b
