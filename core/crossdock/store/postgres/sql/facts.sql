-- name: claim
INSERT INTO facts (account, fact, effect_id, sink, key)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
ON CONFLICT (account, fact) DO UPDATE SET effect_id = excluded.effect_id
WHERE facts.sink = excluded.sink AND facts.key = excluded.key

-- name: give_back
DELETE FROM facts WHERE effect_id = ANY(%b::text[])

-- name: covering
SELECT f.fact, f.effect_id, f.sink, f.key, e.state, e.delivery_id, e.pipeline
FROM facts f
JOIN effects e ON e.id = f.effect_id
WHERE f.fact = ANY(%b::text[]) AND f.account = %b
