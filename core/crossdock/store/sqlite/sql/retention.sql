-- Records that have content still, in the order in which they were read, and whether something keeps it. LIMIT 1: each
-- is looked up by itself, whatever the planner thinks of their number.
-- name: candidates
SELECT r.id, r.read_at < ?, (
    SELECT 1 FROM deliveries d
    WHERE d.pipeline = r.pipeline AND d.key = r.key AND d.record_id = r.id AND (
        d.open IS NOT NULL OR d.settled_at >= ?
        OR (SELECT 1 FROM effects e WHERE e.delivery_id = d.id AND e.state = 'attempted' LIMIT 1) IS NOT NULL
    )
    LIMIT 1
) IS NOT NULL
FROM payloads p
JOIN records r ON r.id = p.id
WHERE p.id > ?
ORDER BY p.id
LIMIT ?

-- name: of_keys
WITH wanted (key) AS (VALUES {rows})
SELECT DISTINCT r.id
FROM wanted
CROSS JOIN pipelines p
CROSS JOIN records r ON r.pipeline = p.name AND r.key = wanted.key

-- name: unsettled_of_keys
WITH wanted (key) AS (VALUES {rows})
SELECT DISTINCT d.id
FROM wanted
CROSS JOIN pipelines p
CROSS JOIN deliveries d ON d.pipeline = p.name AND d.key = wanted.key
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
WITH wanted (record_id) AS (VALUES {rows})
SELECT DISTINCT e.id
FROM wanted
JOIN records r ON r.id = wanted.record_id
CROSS JOIN deliveries d ON d.pipeline = r.pipeline AND d.key = r.key AND d.record_id = r.id
CROSS JOIN effects e ON e.delivery_id = d.id

-- The bundles that effects went with, once all that went with them is erased.
-- name: carriers
WITH wanted (effect_id) AS (VALUES {rows})
SELECT DISTINCT m.carrier_id
FROM wanted
CROSS JOIN members m ON m.effect_id = wanted.effect_id
CROSS JOIN effects c ON c.id = m.carrier_id
WHERE c.state <> 'attempted' AND NOT EXISTS (
    SELECT 1 FROM members o JOIN effects e ON e.id = o.effect_id
    WHERE o.carrier_id = m.carrier_id AND e.erased_at IS NULL
)

-- What others sent with them goes, too: nobody needs it any more.
-- name: carriers_together
WITH wanted (effect_id) AS (VALUES {rows})
SELECT DISTINCT m.carrier_id
FROM wanted
CROSS JOIN members m ON m.effect_id = wanted.effect_id
CROSS JOIN effects c ON c.id = m.carrier_id
WHERE c.state <> 'attempted'

-- name: payload
DELETE FROM payloads WHERE id = ?

-- name: requests
DELETE FROM requests WHERE step_id IN (SELECT id FROM steps WHERE effect_id = ?)

-- name: answers
DELETE FROM answers WHERE step_id IN (SELECT id FROM steps WHERE effect_id = ?)

-- A URL's query is a part of the request (63 is the question mark).
-- name: urls
UPDATE steps SET url = substr(url, 1, instr(url, char(63)) - 1) WHERE effect_id = ? AND instr(url, char(63)) > 0

-- name: effect
UPDATE effects SET erased_at = ? WHERE id = ? AND erased_at IS NULL

-- name: reasons
UPDATE deliveries SET reason = NULL, fix = NULL
WHERE record_id = ? AND pipeline = (SELECT pipeline FROM records WHERE id = ?)
    AND key = (SELECT key FROM records WHERE id = ?)

-- name: texts
UPDATE audit_parts SET salt = NULL, value = NULL
WHERE name = 'reason' AND value IS NOT NULL AND seq IN (SELECT seq FROM audit WHERE ref = ?)

-- name: link_changes
SELECT id, edits FROM link_changes WHERE id > ? ORDER BY id LIMIT ?

-- name: link_reason
UPDATE link_changes SET reason = ? WHERE id = ?

-- name: open
SELECT pipeline, count(*), min(read_at) FROM deliveries WHERE open IS NOT NULL AND read_at < ? GROUP BY pipeline

-- name: announced
SELECT pipeline FROM notices WHERE code = 'payload_due'

-- name: withdraw
DELETE FROM notices WHERE code = 'payload_due' AND pipeline = ?
