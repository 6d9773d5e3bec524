-- name: find
SELECT connection, account, host, owner, salt, fingerprint, worked_at, refused_at, code, reason, fix
FROM credentials WHERE connection = ?

-- name: all
SELECT connection, account, host, owner, salt, fingerprint, worked_at, refused_at, code, reason, fix
FROM credentials ORDER BY connection

-- name: vouch
INSERT INTO credentials (connection, account, host, owner, salt, fingerprint, worked_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (connection) DO UPDATE SET
    account = excluded.account, host = excluded.host, owner = coalesce(excluded.owner, credentials.owner),
    salt = excluded.salt, fingerprint = excluded.fingerprint, worked_at = excluded.worked_at,
    refused_at = NULL, code = NULL, reason = NULL, fix = NULL

-- name: refuse
INSERT INTO credentials (connection, account, host, salt, fingerprint, refused_at, code, reason, fix)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (connection) DO UPDATE SET
    salt = excluded.salt, fingerprint = excluded.fingerprint,
    refused_at = excluded.refused_at, code = excluded.code, reason = excluded.reason, fix = excluded.fix

-- name: forget
DELETE FROM credentials WHERE connection = ? AND refused_at IS NOT NULL
