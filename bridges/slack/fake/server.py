"""The fake Slack as a server: the Web API, files, Socket Mode, and the pages of OAuth.

It refuses what Slack refuses: tokens, scopes, retired methods, and more calls than a tier allows.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web

from bridges.slack.fake import chat, conversations, filing, oauth, others
from bridges.slack.fake.call import METHODS, RETIRED, Call
from bridges.slack.fake.delivery import Delivery
from bridges.slack.fake.extra import Silence
from bridges.slack.fake.faults import DOWNLOAD, Fault, Faults, Kind
from bridges.slack.fake.state import JSON, SlackError, State, Token
from bridges.slack.fake.tiers import Tiers

__all__ = ["FakeSlack", "chat", "conversations", "filing", "oauth", "others"]

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 (that of Slack's own example)
_MOST_SOCKETS = 10
_LARGEST = 1 << 30


class FakeSlack:
    """`async with fake_slack() as slack:`; `api_url` is what an adapter is configured with."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.state = State(clock)
        self.delivery = Delivery(self.state, SECRET)
        self.faults = Faults()
        self.tiers = Tiers(clock)
        self.refusing = ""
        """The error with which every token is refused; "" for none."""
        self.origin = ""
        self.most = 0
        """How many connections there have been at once."""
        self._tickets: set[str] = set()
        self._linked: list[web.Request] = []
        self._silence = Silence()

    @property
    def api_url(self) -> str:
        return f"{self.origin}/api/"

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST, middlewares=[self._silence.middleware])
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/upload/v1/{team}/{file}", self._take_bytes),
                web.get("/files-pri/{file}/{tail:.*}", self._give_bytes),
                web.get("/emoji/{name}", self._give_emoji),
                web.get("/link", self._link),
                web.post("/fake/request-url", self._subscribe),
            ]
        )
        return app

    def stall(self) -> None:
        """On every connection that there is, nothing is said or answered any more."""
        self._silence.fall()
        self.delivery.sockets.clear()

    # The Web API.

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        fault = self.faults.take(name)
        if fault is not None and (early := _before(fault, request)) is not None:
            return early
        arguments = await _arguments(request)
        token = _token(request, arguments)
        headers = {}
        found = self.state.tokens.get(token)
        if found is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(found.scopes))
        wait = self.tiers.wait(name, found, arguments)
        if wait:
            return _limited(wait)
        answer = self._answer(name, found, arguments)
        if fault is not None:
            return _after(fault, request)
        return web.json_response(answer, headers=headers)

    def _answer(self, name: str, token: Token | None, arguments: dict[str, str]) -> JSON:
        try:
            return {"ok": True} | self._called(name, token, arguments)
        except SlackError as error:
            return {"ok": False, "error": error.code} | error.more

    def _called(self, name: str, token: Token | None, arguments: dict[str, str]) -> JSON:
        if name in RETIRED:
            raise SlackError("method_deprecated")
        if name == "oauth.v2.access":
            return oauth.access(self.state, arguments)
        method = METHODS.get(name)
        if method is None and name != "apps.connections.open":
            raise SlackError("unknown_method", req_method=name)
        if token is None or self.refusing:
            raise SlackError(self.refusing or "invalid_auth")
        if method is None:
            return self._connection(token)
        if token.kind not in method.kinds:
            raise SlackError("not_allowed_token_type")
        call = Call(name, arguments, token, self.state, self.delivery.tell, self.origin)
        for scope in method.scopes:
            call.require(*scope.split("|"))
        return method.answer(call)

    # Socket Mode: https://docs.slack.dev/reference/methods/apps.connections.open

    def _connection(self, token: Token) -> JSON:
        if token.kind != "app":
            raise SlackError("not_allowed_token_type")
        if "connections:write" not in token.scopes:
            raise SlackError("missing_scope", needed="connections:write")
        ticket = self.state.new_id("ticket")
        self._tickets.add(ticket)
        return {"url": f"{self.origin.replace('http', 'ws', 1)}/link?ticket={ticket}"}

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        sockets = self.delivery.sockets
        if ticket not in self._tickets or len(sockets) >= _MOST_SOCKETS:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        sockets.append(socket)
        self.most = max(self.most, len(sockets))
        self._linked.append(request)
        info = {"app_id": "A0BRIDGE"}
        hello = {"type": "hello", "num_connections": len(sockets), "connection_info": info}
        try:
            await socket.send_json(hello)
            async for message in socket:
                if request in self._silence:
                    continue
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                if message.type is WSMsgType.TEXT:
                    self.delivery.answered(json.loads(message.data).get("envelope_id", ""))
        finally:
            if socket in sockets:
                sockets.remove(socket)
            self._linked.remove(request)
        return socket

    async def disconnect(self, reason: str) -> None:
        """Say on every connection that it is about to end; "" breaks it without a word."""
        for socket in list(self.delivery.sockets):
            if reason:
                await socket.send_json({"type": "disconnect", "reason": reason})
            else:
                await socket.close()

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        """What an admin enters under Event Subscriptions, as the body."""
        self.delivery.url = await request.text()
        return web.Response()

    def cut(self) -> None:
        """Break every connection at once, without a word."""
        for request in self._linked:
            if request.transport is not None:
                request.transport.close()

    # Files.

    async def _take_bytes(self, request: web.Request) -> web.StreamResponse:
        file = self.state.workspace(request.match_info["team"]).files[request.match_info["file"]]
        file.data = await request.read()
        return web.Response(text=f"OK - {len(file.data)}")

    async def _give_bytes(self, request: web.Request) -> web.StreamResponse:
        """Without a token that may read it: a login page, as Slack has it."""
        team, _, name = request.match_info["file"].partition("-")
        file = self.state.workspace(team).files.get(name)
        token = self.state.tokens.get(_token(request, {}))
        if token is None or token.team != team or "files:read" not in token.scopes:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if file is None or file.data is None:
            return web.Response(status=404)
        fault = self.faults.take(DOWNLOAD)
        if fault is not None:
            return await _broken(request, file.data, fault)
        return web.Response(body=file.data, content_type=file.mime or "application/octet-stream")

    async def _give_emoji(self, request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(body=PIXEL, content_type="image/png")


async def _broken(request: web.Request, data: bytes, fault: Fault) -> web.StreamResponse:
    """A file whose size is not what was said, or that never comes."""
    if fault.kind is Kind.HANG:
        await asyncio.get_running_loop().create_future()
    if fault.kind is not Kind.CUT:
        return web.Response(status=500)
    answer = web.StreamResponse(headers={"Content-Length": str(2 * len(data))})
    await answer.prepare(request)
    await answer.write(data)
    return _cut(request)


PIXEL = bytes.fromhex(  # one transparent pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


async def _arguments(request: web.Request) -> dict[str, str]:
    """From the query, a form or JSON: the Web API takes each."""
    found = dict(request.query)
    if request.content_type == "application/json":
        body = await request.json()
        found |= {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in body.items()
        }
    elif request.can_read_body:
        found |= {key: str(value) for key, value in (await request.post()).items()}
    return found


def _token(request: web.Request, arguments: dict[str, str]) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.pop(
        "token", ""
    )


def _before(fault: Fault, request: web.Request) -> web.Response | None:
    match fault.kind:
        case Kind.CUT:
            return _cut(request)
        case Kind.REFUSED:
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        case Kind.LIMITED:
            return _limited(fault.after)
        case Kind.ERROR:
            return web.json_response({"ok": False, "error": fault.code})
        case _:
            return None


def _after(fault: Fault, request: web.Request) -> web.Response:
    if fault.kind is Kind.LOST:
        return _cut(request)
    return web.Response(status=500, text="<html>Oh no</html>", content_type="text/html")


def _limited(seconds: int) -> web.Response:
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def _cut(request: web.Request) -> web.Response:
    """The connection breaks; nobody reads this answer."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


@asynccontextmanager
async def fake_slack(
    clock: Callable[[], float] = time.time, port: int = 0
) -> AsyncIterator[FakeSlack]:
    """A Slack on this machine, empty, for as long as the block lasts."""
    slack = FakeSlack(clock)
    runner = web.AppRunner(slack.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        slack.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield slack
    finally:
        await slack.disconnect("")
        await slack.delivery.close()
        await runner.cleanup()
