-- Before `all`: what nobody has told yet is no row that could be locked, and two may not find that at once.
-- name: before all
LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE
