"""The embedded store: one SQLite file, one writer, payloads apart from the hot rows."""
