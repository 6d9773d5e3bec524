-- name: remove
DROP SCHEMA IF EXISTS {} CASCADE

-- name: make
CREATE SCHEMA {}
