"""The reading half of a client: what plugins hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crossdock.http.types import Reader, Request, Response


class Reading:
    """Passes on what a `Reader` may do, and nothing else: what changes something is planned, and core sends it."""

    __slots__ = ("__client",)

    def __init__(self, client: Reader) -> None:
        self.__client = client

    def build(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """Build a request without sending it; pure."""
        return self.__client.build(method, path, params=params, json=json, content=content, headers=headers)

    async def send(self, request: Request) -> Response:
        """Send a request that only reads. Raises: TransientError; CredentialsError; RejectedError where it writes."""
        return await self.__client.send(request)

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """`build` and `send` in one."""
        return await self.__client.get(path, params=params, headers=headers)

    async def post(self, path: str, *, json: object, headers: Mapping[str, str] | None = None) -> Response:
        """`build` and `send` in one, for searches."""
        return await self.__client.post(path, json=json, headers=headers)

    async def vendor_now(self) -> datetime:
        """The vendor's clock, in UTC."""
        return await self.__client.vendor_now()
