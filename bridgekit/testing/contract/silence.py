"""Connections of a fake over HTTP that fall silent: none breaks, and nothing is answered there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Silence:
    """For `FakeNetwork.stall`: `middleware` is the first of those of a fake in aiohttp."""

    def __init__(self) -> None:
        self._connections: set[object] = set()
        self._silent: set[object] = set()

    def fall(self) -> None:
        """From here on, on every connection that there is; new ones are answered."""
        self._silent |= self._connections

    def __contains__(self, request: web.Request) -> bool:
        """Whether the connection of this request is silent."""
        return request.transport in self._silent

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Take what is asked, and answer unless the connection has fallen silent."""
        self._connections.add(request.transport)
        answer = await handler(request)
        if request in self:
            await asyncio.Event().wait()
        return answer
