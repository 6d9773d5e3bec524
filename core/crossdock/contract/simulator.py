"""What core asks of a simulator; `crossdock.simulator` has what one is made with."""

from __future__ import annotations

from typing import ClassVar, Protocol

from crossdock.contract.values import ASGIApp


class Simulator(Protocol):
    """A stand-in for a remote system: strict, stateful, with a control plane under `/_sim`."""

    name: ClassVar[str]

    def __init__(self, seed: int = 1) -> None: ...

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""
        ...

    def serve(self, port: int = 0, *, announce: bool = True) -> None:
        """Serve on loopback until SIGINT or SIGTERM; port 0 picks a free one; prints `ready http://127.0.0.1:N`."""
        ...
