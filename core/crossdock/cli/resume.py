"""`crossdock resume`, beside `crossdock pause`."""

from crossdock.cli.pause import resume

__all__ = ["resume"]
