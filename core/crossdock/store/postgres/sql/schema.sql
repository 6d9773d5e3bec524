-- Whoever comes second finds it done.
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('crossdock schema ' || current_schema(), 0))

-- name: patience
SELECT set_config('lock_timeout', '120s', TRUE), set_config('statement_timeout', '0', TRUE),
    set_config('idle_in_transaction_session_timeout', '0', TRUE)

-- name: place
SELECT current_schema(), to_regclass('crossdock_schema')::text

-- name: version
SELECT coalesce(max(version), 0) FROM crossdock_schema

-- name: make
CREATE TABLE IF NOT EXISTS crossdock_schema (version INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL)

-- name: note
INSERT INTO crossdock_schema (version, applied_at) VALUES (%b, now())

-- A table that was never looked at is planned for as if it held some pages: seldom what an empty one comes to.
-- name: learn
ANALYZE records, payloads, identifiers, deliveries, effects, steps, requests, answers, links, audit
