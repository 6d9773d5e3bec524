-- name: of_keys
SELECT DISTINCT r.id
FROM pipelines p
JOIN records r ON r.pipeline = p.name AND r.key = ANY(%b::text[])

-- name: unsettled_of_keys
SELECT DISTINCT d.id
FROM pipelines p
JOIN deliveries d ON d.pipeline = p.name AND d.key = ANY(%b::text[])
WHERE d.open IS NOT NULL
    OR (SELECT 1 FROM effects e WHERE e.delivery_id = d.id AND e.state = 'attempted' LIMIT 1) IS NOT NULL
    OR (
        SELECT 1 FROM effects e
        JOIN members m ON m.effect_id = e.id
        JOIN effects c ON c.id = m.carrier_id
        WHERE e.delivery_id = d.id AND c.state = 'attempted' LIMIT 1
    ) IS NOT NULL
ORDER BY d.id

-- name: effects
SELECT DISTINCT e.id
FROM records r
JOIN deliveries d ON d.pipeline = r.pipeline AND d.key = r.key AND d.record_id = r.id
JOIN effects e ON e.delivery_id = d.id
WHERE r.id = ANY(%b::bigint[])

-- A URL's query is a part of the request.
-- name: urls
UPDATE steps SET url = split_part(url, '?', 1) WHERE effect_id = ANY(%b::text[]) AND strpos(url, '?') > 0

-- name: carriers
SELECT DISTINCT m.carrier_id
FROM members m
JOIN effects c ON c.id = m.carrier_id
WHERE m.effect_id = ANY(%b::text[]) AND c.state <> 'attempted' AND NOT EXISTS (
    SELECT 1 FROM members o JOIN effects e ON e.id = o.effect_id
    WHERE o.carrier_id = m.carrier_id AND e.erased_at IS NULL
)

-- name: carriers_together
SELECT DISTINCT m.carrier_id
FROM members m
JOIN effects c ON c.id = m.carrier_id
WHERE m.effect_id = ANY(%b::text[]) AND c.state <> 'attempted'
