-- name: full_at
SELECT full_at FROM quotas WHERE account = ? AND name = ?

-- name: put_quota
INSERT INTO quotas (account, name, burst, calls, per_us, full_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, name) DO UPDATE SET
    burst = excluded.burst, calls = excluded.calls, per_us = excluded.per_us, full_at = excluded.full_at

-- name: quotas
SELECT account, name, burst, calls, per_us, full_at FROM quotas ORDER BY account, name

-- name: outage
SELECT account, connection, since, until, trials, reason FROM outages WHERE account = ?

-- name: outages
SELECT account, connection, since, until, trials, reason FROM outages ORDER BY since, account

-- name: put_outage
INSERT INTO outages (account, connection, since, until, trials, reason) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET until = excluded.until, trials = excluded.trials, reason = excluded.reason

-- name: drop_outage
DELETE FROM outages WHERE account = ?
