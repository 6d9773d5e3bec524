"""What crossdock says about itself: logs, and the redaction that everything shown passes through."""
