"""General ledgers for crossdock."""
