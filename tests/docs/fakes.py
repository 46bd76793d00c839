"""What the adapters of `docs/examples` talk to: `new-adapter`'s toy, each with one more thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

from aiohttp import ClientError, ClientSession, WSMsgType, web
from matrix_bridgekit_tinychat.fake import TOKEN, FakeTinychat

from bridgekit import (
    Attachment,
    AttachmentKind,
    Content,
    Message,
    MessageID,
    from_plain,
    plain,
)
from bridgekit.testing.contract import FakeNetwork

N = TypeVar("N", bound=FakeTinychat)

AGAIN = 1.0  # second, after which a call that failed is made again


@asynccontextmanager
async def served(network: N) -> AsyncIterator[N]:
    """The network, on a free port of this machine."""
    runner = web.AppRunner(network.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        network.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield network
    finally:
        await runner.cleanup()


class Extended(FakeTinychat):
    """With further routes; it does not tell the bridge its own words, as the toy itself does."""

    def app(self) -> web.Application:
        app = super().app()
        app.add_routes(self.routes())
        return app

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    def _echo(self, chat: str, named: MessageID, text: str) -> None:
        del chat, named, text


class Calling(Extended):
    """It calls the bridge, again and again until that says 200."""

    def __init__(self) -> None:
        super().__init__()
        self._webhook = ""
        self.statuses: list[int] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.put("/webhook", self._hook)]

    async def _hook(self, request: web.Request) -> web.Response:
        self._webhook = (await request.json())["url"]
        return web.Response()

    async def call(self) -> None:
        """Tell what there is to tell, for as long as it takes."""
        async with ClientSession(headers={"X-Token": TOKEN}) as http:
            while True:
                while not (self._news and self._webhook):
                    self._more.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._more.wait(), AGAIN)
                with suppress(ClientError):
                    async with http.post(self._webhook, json=self._news[0]) as response:
                        self.statuses.append(response.status)
                    if self.statuses[-1] == 200:
                        del self._news[0]
                        continue
                await asyncio.sleep(AGAIN)


@asynccontextmanager
async def calling() -> AsyncIterator[Calling]:
    async with served(Calling()) as network:
        task = asyncio.create_task(network.call())
        try:
            yield network
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Socketed(Extended):
    """It tells what there is over a WebSocket, and goes on once that was seen."""

    def __init__(self) -> None:
        super().__init__()
        self._sockets: set[web.WebSocketResponse] = set()
        self._waiting = False
        """The bridge waits for the next: it has seen the last."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/socket", self._socket)]

    stall = FakeNetwork.stall  # which is about answers to calls

    async def drop(self) -> None:
        for socket in list(self._sockets):
            await socket.close()

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        self._waiting = True
        telling = asyncio.create_task(self._tell_all(socket))
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    assert self._news.pop(0)["number"] == frame.json()["seen"]
                    self._waiting = True
                    self._more.set()
        finally:
            self._sockets.discard(socket)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return socket

    async def _tell_all(self, socket: web.WebSocketResponse) -> None:
        while True:
            if self._news and self._waiting:
                self._waiting = False
                await socket.send_json(self._news[0])
            self._more.clear()
            await self._more.wait()


class Filing(Extended):
    """It takes files, and gives them away."""

    files = True

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, bytes] = {}
        self._coming: dict[str, str] = {}
        """Which file goes with what is said next."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/files", self._upload), web.get("/files/{id}", self._download)]

    async def say(self, who: str, content: Content) -> MessageID | None:
        files = content.attachments if isinstance(content, Message) else ()
        for file in files:
            self._files[f"f{len(self._files)}"] = file.source.encode()
            self._coming = {"file": f"f{len(self._files) - 1}", "name": file.name}
        return await super().say(who, content)

    def _tell(self, news: dict[str, Any]) -> None:
        news |= self._coming
        self._coming = {}
        super()._tell(news)

    async def _take(self, request: web.Request) -> web.Response:
        before = len(self._heard)
        answer = await super()._take(request)
        message = await request.json()
        if "file" in message and len(self._heard) > before:
            source = self._files[message["file"]].decode()
            file = Attachment(AttachmentKind.FILE, source, message["name"])
            said = Message(from_plain(message["text"]), attachments=(file,))
            self._heard[-1] = replace(self._heard[-1], content=said)
        return answer

    async def _upload(self, request: web.Request) -> web.Response:
        name = f"f{len(self._files)}"
        self._files[name] = await request.read()
        return web.json_response({"id": name})

    async def _download(self, request: web.Request) -> web.Response:
        return web.Response(body=self._files[request.match_info["id"]])


class Nameless(Extended):
    """Its messages have no IDs, and it knows no repetition."""

    kinds = frozenset({Message})

    def routes(self) -> list[web.RouteDef]:
        return []

    async def say(self, who: str, content: Content) -> None:
        assert isinstance(content, Message)
        self._tell(
            {
                "number": next(self._numbers),
                "chat": self.chat,
                "from": who,
                "text": plain(content.text),
            }
        )

    async def _take(self, request: web.Request) -> web.Response:
        message = await request.json()
        assert set(message) == {"chat", "text"}
        return await super()._take(_with(request, message | {"key": str(len(self._heard))}))


class Askable(Extended):
    """It shows a repetition as a second message; it can be asked for one by its key."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/keys/{key}", self._key)]

    async def _key(self, request: web.Request) -> web.Response:
        found = self._taken.get(request.match_info["key"])
        return web.json_response({"id": found}) if found else web.Response(status=404)


def _with(request: web.Request, body: dict[str, Any]) -> web.Request:
    """The request, as if it had another body."""

    async def json() -> dict[str, Any]:
        return body

    request.json = json  # type: ignore[method-assign,assignment]
    return request


class Renaming(Extended):
    """It says when somebody is called something else, and what they are called."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/users/{id}", self._user)]

    async def rename(self, who: str, name: str) -> None:
        self._names[who] = name
        self._tell({"number": next(self._numbers), "from": who, "renamed": name})

    async def _user(self, request: web.Request) -> web.Response:
        who = request.match_info["id"]
        return web.json_response({"name": self._names.get(who, who)})
