-- Makes a full bucket where there is none, and locks it to the end of the transaction: two may not rent the same calls.
-- name: full_at
INSERT INTO quotas (account, name, burst, calls, per_us, full_at) VALUES (%b, %b, 0, 0, 0, 0)
ON CONFLICT (account, name) DO UPDATE SET full_at = quotas.full_at
RETURNING full_at
