"""Walmart Marketplace for crossdock."""
