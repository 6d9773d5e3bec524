"""The store: records, deliveries, effects, links and the audit log, in one transaction each."""
