"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

https://core.telegram.org/bots/api; the words of refusals are those of the server that Telegram
publishes (tdlib/telegram-bot-api).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import BodyPartReader, web

from bridgekit.testing.contract import Silence
from bridges.telegram.fake.acts import Acts
from bridges.telegram.fake.changes import Changes
from bridges.telegram.fake.chats import Chats
from bridges.telegram.fake.errors import (
    NO_METHOD,
    NOT_FOUND,
    OTHER_READER,
    UNAUTHORIZED,
    WEBHOOK_ACTIVE,
    BotError,
)
from bridges.telegram.fake.faults import Faults, Loss
from bridges.telegram.fake.flood import Flood
from bridges.telegram.fake.parameters import Parameters, Upload
from bridges.telegram.fake.people import People
from bridges.telegram.fake.queue import UpdateQueue
from bridges.telegram.fake.sends import Sends
from bridges.telegram.fake.state import TOKEN, State
from bridges.telegram.fake.webhook import Webhook
from bridges.telegram.reactions import KNOWN

LARGEST_REQUEST = 60_000_000
_MOST_UPDATES = 100


class FakeTelegram:
    """One server with one bot. `people` do things; `acts` is what the bot did."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.queue = UpdateQueue(self.state.now)
        self.people = People(self.state, self.queue)
        self.acts, self.faults, self.flood = Acts(), Faults(), Flood()
        self.webhook = Webhook(self.queue)
        self.url = ""
        sends = Sends(self.state, self.acts, self.flood)
        self.chats = Chats(self.state, self.queue, self.acts)
        known = frozenset(emoji.replace("\ufe0f", "") for emoji in KNOWN)
        changes = Changes(self.state, self.queue, self.acts, sends, self.flood, known)
        self._methods = {**sends.methods(), **changes.methods(), **self.chats.methods()}
        self._reader: asyncio.Event | None = None
        self._open: list[web.Request] = []
        self._silence = Silence()

    def stall(self) -> None:
        """On every connection that there is, nothing is answered any more."""
        self._silence.fall()

    def drop(self, times: int = 0) -> None:
        """Every connection that something is asked over breaks, and so do the next few polls."""
        for _ in range(times):
            self.faults.next(Loss.BEFORE, lambda method: method == "getupdates")
        for request in list(self._open):
            _cut(request)
        if self._reader is not None:
            self._reader.set()

    def app(self) -> web.Application:
        silence = self._silence.middleware
        app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[silence])
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        try:
            self.faults.strike("file")
        except BotError as error:
            return web.json_response(error.body, status=error.code)
        found = self.state.files.at(request.match_info["path"])
        if request.match_info["token"] != TOKEN or found is None:
            return web.json_response(NOT_FOUND.body, status=404)
        return web.Response(body=found.data)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        self._open.append(request)
        try:
            method = request.match_info["method"].lower()
            if request.match_info["token"] != TOKEN or self.faults.unauthorized:
                raise UNAUTHORIZED
            loss = self.faults.strike(method)
            if loss is Loss.BEFORE:
                return _cut(request)
            result = await self._result(method, Parameters(await _values(request)))
        except BotError as error:
            return web.json_response(error.body, status=error.code)
        finally:
            self._open.remove(request)
        if loss is Loss.AFTER:
            return _cut(request)
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, asked: Parameters) -> Any:
        match method:
            case "getupdates":
                return await self._updates(asked)
            case "setwebhook":
                self.queue.allowed = _kinds(asked)
                return self.webhook.set(asked)
            case "deletewebhook":
                return self.webhook.delete()
            case "getwebhookinfo":
                return self.webhook.info()
        found = self._methods.get(method)
        if found is None:
            raise NO_METHOD
        return found(asked)

    async def _updates(self, asked: Parameters) -> Any:
        """The latest to ask is the one who is answered."""
        if self.webhook.url:
            raise WEBHOOK_ACTIVE
        if self._reader is not None:
            self._reader.set()
        self._reader = ended = asyncio.Event()
        if (kinds := _kinds(asked)) is not None:
            self.queue.allowed = kinds
        self.queue.confirm(asked.number("offset") or 0)
        limit = asked.number("limit") or _MOST_UPDATES
        loop = asyncio.get_running_loop()
        until = loop.time() + (asked.number("timeout") or 0)
        while not (found := self.queue.take(limit)) and loop.time() < until:
            self.queue.changed.clear()
            await _first(self.queue.changed, ended, until - loop.time())
            if ended.is_set():
                raise OTHER_READER
        if self._reader is ended:
            self._reader = None
        return found


async def _first(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    """Wait until one of these is set, or so long."""
    tasks = [asyncio.ensure_future(event.wait()) for event in (one, other)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _kinds(asked: Parameters) -> frozenset[str] | None:
    found = asked.json("allowed_updates")
    return None if found is None else frozenset(found)


def _cut(request: web.Request) -> web.Response:
    """The connection breaks; nobody reads this answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _values(request: web.Request) -> dict[str, Any]:
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        return values | dict(await request.json())
    if not request.content_type.startswith("multipart/"):
        return values | {name: str(value) for name, value in (await request.post()).items()}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = bytes(await part.read(decode=True))
        if part.filename is None:
            values[part.name] = data.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            values[part.name] = Upload(part.filename, data, mime)
    return values


@asynccontextmanager
async def serving(fake: FakeTelegram, port: int = 0) -> AsyncIterator[FakeTelegram]:
    """The server on this machine, and whoever calls webhooks."""
    runner = web.AppRunner(fake.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    calling = asyncio.ensure_future(fake.webhook.work())
    try:
        yield fake
    finally:
        calling.cancel()
        fake.drop()
        await asyncio.gather(calling, return_exceptions=True)
        await runner.cleanup()
