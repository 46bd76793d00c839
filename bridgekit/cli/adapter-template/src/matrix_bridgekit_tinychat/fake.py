"""A stand-in for Tinychat: an HTTP server in this process, with troubles."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from copy import copy
from itertools import count
from math import ceil
from typing import Any

from aiohttp import web
from bridgekit import Content, Deletion, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat, Silence
from pydantic import SecretStr

from matrix_bridgekit_tinychat.config import TinychatConfig

LONGEST = 2000  # characters: what the adapter declares is enforced here, or nothing shows it
Trouble = Callable[[web.Request], web.Response]

TOKEN = "tc-4f81d0"  # no word: it is looked for in errors and in the log


class FakeTinychat(FakeNetwork):
    """What each verb promises is in the docstrings of `FakeNetwork`."""

    chat = "lobby"
    kinds = rejects = loses = delays = frozenset({Deletion, Message})

    def __init__(self) -> None:
        self.url = ""
        self._news: list[dict[str, Any]] = []
        """Told to the bridge in order, each until it was seen."""
        self._more = asyncio.Event()
        self._last: dict[str, Any] = {}
        self._early: dict[str, Any] | None = None
        self._numbers = count(1)
        self._rooms: dict[MessageID, str] = {}
        """Where each message was said."""
        self._heard: list[Heard] = []
        self._taken: dict[str, MessageID] = {}
        self._trouble: list[Trouble] = []
        self._silence = Silence()
        self._refusing = self._losing = self._swapping = False

    @property
    def settings(self) -> TinychatConfig:
        return TinychatConfig(url=self.url, token=SecretStr(TOKEN))

    # What people do there.

    async def say(self, who: str, content: Content) -> MessageID | None:
        number = next(self._numbers)
        news: dict[str, Any] = {"number": number, "chat": self.chat, "from": who}
        match content:
            case Message():
                news |= {"id": f"m{number}", "text": plain(content.text)}
            case Deletion():
                news |= {"id": content.target, "deleted": True}
        self._rooms.setdefault(news["id"], self.chat)
        self._tell(news)
        return MessageID(news["id"])

    def _tell(self, news: dict[str, Any]) -> None:
        if self._swapping:
            self._swapping, self._early = False, news
            return
        early, self._early = self._early, None
        self._news += [news] if early is None else [news, early]
        self._last = news
        self._more.set()

    def _echo(self, chat: str, named: MessageID, text: str) -> None:
        """Tinychat tells the bridge everything that is said, its own words too."""
        echo = {"number": next(self._numbers), "chat": chat, "id": named, "text": text}
        self._news.append(echo | {"from": "bridge"})
        self._more.set()

    def heard(self) -> Sequence[Heard]:
        return [one for one in self._heard if self._rooms.get(_message(one)) == self.chat]

    async def another_chat(self) -> OtherChat:
        garden = copy(self)
        garden.chat = "garden"
        return garden

    # What can go wrong.

    async def refuse(self) -> None:
        self._refusing = True

    async def reject(self) -> None:
        self._trouble.append(lambda _: web.Response(status=403))

    async def delay(self, seconds: float) -> None:
        headers = {"Retry-After": str(ceil(seconds))}
        self._trouble.append(lambda _: web.Response(status=429, headers=headers))

    async def lose(self, *, taken: bool) -> None:
        if taken:
            self._losing = True
        else:
            self._trouble.append(lambda _: web.Response(status=503))

    async def repeat(self) -> None:
        self._tell(self._last)

    async def swap(self) -> None:
        self._swapping = True

    async def garble(self) -> None:
        self._tell({"number": next(self._numbers), "chat": self.chat})

    async def stall(self) -> None:
        self._silence.fall()

    # What the adapter asks for.

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._silence.middleware, self._let_in, self._go_wrong])
        app.add_routes(
            [
                web.get("/me", self._me),
                web.get("/news", self._unseen),
                web.post("/news/{number}/seen", self._seen),
                web.post("/messages", self._take),
                web.delete("/messages/{id}", self._delete),
            ]
        )
        return app

    @web.middleware
    async def _let_in(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if self._refusing or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        return await handler(request)

    @web.middleware
    async def _go_wrong(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if self._trouble and request.path.startswith("/messages"):
            return self._trouble.pop(0)(request)
        return await handler(request)

    async def _me(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "bridge"})

    async def _unseen(self, request: web.Request) -> web.Response:
        with suppress(TimeoutError):
            async with asyncio.timeout(float(request.query["wait"])):
                while not self._news:
                    self._more.clear()
                    await self._more.wait()
        return web.json_response(self._news)

    async def _seen(self, request: web.Request) -> web.Response:
        if self._news and str(self._news[0]["number"]) == request.match_info["number"]:
            del self._news[0]
            self.acknowledged(f"news {request.match_info['number']}")
        return web.Response()

    async def _take(self, request: web.Request) -> web.Response:
        message = await request.json()
        if len(message["text"]) > LONGEST:
            return web.Response(status=413)
        key = message["key"]
        if key not in self._taken:
            self._taken[key] = MessageID(f"b{len(self._taken)}")
            self._rooms[self._taken[key]] = message["chat"]
            said = Message(from_plain(message["text"]))
            self._heard.append(Heard(said, self._taken[key], "bridge"))
            self._echo(message["chat"], self._taken[key], message["text"])
        return self._answer(request, {"id": self._taken[key]})

    async def _delete(self, request: web.Request) -> web.Response:
        target = MessageID(request.match_info["id"])
        self._heard.append(Heard(Deletion(target), who="bridge"))
        return self._answer(request, {})

    def _answer(self, request: web.Request, answer: dict[str, Any]) -> web.Response:
        losing, self._losing = self._losing, False
        return _cut(request) if losing else web.json_response(answer)


def _message(heard: Heard) -> Any:
    """The ID of which it is, or is about."""
    return heard.id or getattr(heard.content, "target", None)


def _cut(request: web.Request) -> web.Response:
    """The connection breaks; nobody reads this answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


@asynccontextmanager
async def fake_tinychat() -> AsyncIterator[FakeTinychat]:
    """The network, on a free port of this machine."""
    network = FakeTinychat()
    runner = web.AppRunner(network.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        network.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield network
    finally:
        await runner.cleanup()
