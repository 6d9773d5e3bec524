"""`crossdock discard`, which lives beside `crossdock replay`."""

from crossdock.cli.replay import discard

__all__ = ["discard"]
