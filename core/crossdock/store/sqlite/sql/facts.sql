-- What one version of an effect covers, the next may cover, too; anything else of another is refused.
-- name: claim
INSERT INTO facts (account, fact, effect_id, sink, key) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, fact) DO UPDATE SET effect_id = excluded.effect_id
WHERE facts.sink = excluded.sink AND facts.key = excluded.key

-- name: give_back
DELETE FROM facts WHERE effect_id = ?

-- The version before one that is void now, where there is one in effect: it covers what it covered.
-- name: before
SELECT e.account, p.facts, e.id, e.sink, e.key
FROM effects v
JOIN effects e ON e.account = v.account AND e.sink = v.sink AND e.key = v.key AND e.version < v.version
JOIN plans p ON p.effect_id = e.id
WHERE v.id = ? AND v.version > 1 AND e.state <> 'void'
ORDER BY e.version DESC LIMIT 1

-- name: covering
WITH wanted (fact) AS (VALUES {rows})
SELECT DISTINCT f.fact, f.effect_id, f.sink, f.key, e.state, e.delivery_id, e.pipeline
FROM wanted
CROSS JOIN facts f ON f.account = ? AND f.fact = wanted.fact
JOIN effects e ON e.id = f.effect_id
