"""Numbered changes of the schema, each applied once, in order, in one transaction."""
