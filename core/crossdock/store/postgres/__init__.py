"""The shared store: one schema of a PostgreSQL server, several processes, each pipeline owned by one of them."""
