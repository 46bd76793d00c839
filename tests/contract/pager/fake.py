"""The server of the toy network: HTTP in this process, as it would be anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bridgekit import Content, Deletion, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard
from bridgekit.testing.servers import free_port
from tests.contract.pager.adapter import PagerConfig

JSON = dict[str, Any]


class PagerNetwork(FakeNetwork):
    kinds = frozenset({Deletion, Message})

    def __init__(self, port: int) -> None:
        self._port = port
        self._pages: list[JSON] = []
        """Told to the bridge in order, each until it is acknowledged."""
        self._more = asyncio.Event()
        self._heard: list[Heard] = []
        self._taken: dict[str, str] = {}
        self._trouble: list[Callable[[], web.Response | None]] = []
        self._refusing = self._losing = self._swapping = False
        self._early: JSON | None = None
        self._last: JSON = {}
        self._numbers = 0

    @property
    def settings(self) -> PagerConfig:
        return PagerConfig(url=f"http://127.0.0.1:{self._port}", token="secret")

    # What people do there.

    async def say(self, who: str, content: Content) -> MessageID | None:
        self._numbers += 1
        page: JSON = {"delivery": f"d{self._numbers}", "from": who, "to": self.chat}
        match content:
            case Message():
                page |= {"id": f"p{self._numbers}", "text": plain(content.text)}
            case Deletion():
                page |= {"id": content.target, "deleted": True}
        self._tell(page)
        return MessageID(page["id"])

    def _tell(self, page: JSON) -> None:
        if self._swapping:
            self._swapping, self._early = False, page
            return
        early, self._early = self._early, None
        self._pages += [page] if early is None else [page, early]
        self._last = page
        self._more.set()

    def heard(self) -> Sequence[Heard]:
        return self._heard

    # What can go wrong.

    async def refuse(self) -> None:
        self._refusing = True

    async def reject(self) -> None:
        self._trouble.append(lambda: web.Response(status=403))

    async def delay(self, seconds: float) -> None:
        headers = {"Retry-After": str(seconds)}
        self._trouble.append(lambda: web.Response(status=429, headers=headers))

    async def lose(self, *, taken: bool) -> None:
        if taken:
            self._losing = True
        else:
            self._trouble.append(lambda: None)

    async def repeat(self) -> None:
        self._tell(self._last)

    async def swap(self) -> None:
        self._swapping = True

    # What the adapter asks for.

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._let_in])
        app.add_routes(
            [
                web.get("/me", self._me),
                web.get("/pages/next", self._next),
                web.post("/pages/{delivery}/ack", self._acknowledge),
                web.post("/pages", self._take),
                web.delete("/pages/{id}", self._delete),
            ]
        )
        return app

    @web.middleware
    async def _let_in(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if self._refusing:
            return web.Response(status=401)
        return await handler(request)

    async def _me(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "bridge"})

    async def _next(self, _: web.Request) -> web.Response:
        while not self._pages:
            self._more.clear()
            await self._more.wait()
        return web.json_response(self._pages[0])

    async def _acknowledge(self, request: web.Request) -> web.Response:
        if self._pages and self._pages[0]["delivery"] == request.match_info["delivery"]:
            del self._pages[0]
        return web.Response()

    async def _take(self, request: web.Request) -> web.Response:
        page = await request.json()
        if self._trouble:
            return self._trouble.pop(0)() or _cut(request)
        key = page["idempotency_key"]
        if key not in self._taken:
            self._taken[key] = f"b{len(self._taken)}"
            named = MessageID(self._taken[key])
            self._heard.append(Heard(Message(from_plain(page["text"])), named, "bridge"))
        if self._losing:
            self._losing = False
            return _cut(request)
        return web.json_response({"id": self._taken[key]})

    async def _delete(self, request: web.Request) -> web.Response:
        self._heard.append(Heard(Deletion(MessageID(request.match_info["id"])), who="bridge"))
        return web.Response()


def _cut(request: web.Request) -> web.Response:
    """The connection breaks; nobody reads this answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@asynccontextmanager
async def pager() -> AsyncIterator[PagerNetwork]:
    port = free_port()
    network = PagerNetwork(port)
    runner = web.AppRunner(network.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield network
    finally:
        await runner.cleanup()
