-- name: token
SELECT key_id, sealed FROM tokens WHERE account = ?

-- name: put_token
INSERT INTO tokens (account, key_id, sealed, at) VALUES (?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, at = excluded.at

-- name: secret
SELECT key_id, sealed FROM secrets WHERE name = ?

-- name: put_secret
INSERT INTO secrets (name, key_id, sealed, at) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed, at = excluded.at

-- name: secret_names
SELECT name, at FROM secrets ORDER BY name

-- name: remove_secret
DELETE FROM secrets WHERE name = ?

-- name: take_lease
INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until WHERE leases.until <= ?

-- name: lease_holder
SELECT owner FROM leases WHERE name = ?

-- name: drop_lease
DELETE FROM leases WHERE name = ? AND owner = ?

-- name: all_secrets
SELECT name, key_id, sealed FROM secrets ORDER BY name

-- name: all_tokens
SELECT account, key_id, sealed FROM tokens ORDER BY account

-- name: reseal_secrets
UPDATE secrets SET key_id = ?, sealed = ? WHERE name = ?

-- name: reseal_tokens
UPDATE tokens SET key_id = ?, sealed = ? WHERE account = ?
