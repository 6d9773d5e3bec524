"""CartonCloud connector for crossdock."""
