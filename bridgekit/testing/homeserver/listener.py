"""The fake homeserver's socket: requests from bridges, with their faults, to the endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import unquote

from aiohttp import web

from bridgekit.clock import Clock
from bridgekit.testing.homeserver.calls import Answer, Bytes, Match, Request, Router
from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.faults import FaultKind, Faults

_HOST = "127.0.0.1"

Dispatch = Callable[[Match | None, Request], Awaitable[Answer]]


class Listener:
    """Listens on that port (0: any) and, after a stop, on the same one again."""

    def __init__(
        self, router: Router, dispatch: Dispatch, changes: Changes, clock: Clock, port: int
    ) -> None:
        self._clock = clock
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self._router = router
        self._dispatch = dispatch
        self._changes = changes
        self._port = port
        self._runner: web.ServerRunner | None = None

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self._port}"

    async def start(self) -> None:
        # Who waits behind a DELAY when the server stops is cut off, not waited for.
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, _HOST, self._port, reuse_address=True).start()
        self._port = runner.addresses[0][1]
        self._runner = runner

    async def stop(self) -> None:
        """Stop listening and cut every connection; what was not answered never will be."""
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    async def _answer(self, http: web.BaseRequest) -> web.StreamResponse:
        request = await _read(http)
        match = self._router.match(request.method, request.path)
        path = unquote(request.path)
        self.requests[match.name if match else f"{request.method} {path}"] += 1
        self._changes.notify()
        if gate := self.faults.find(FaultKind.DELAY, request.method, path):
            await gate.released()
        if slow := self.faults.find(FaultKind.SLOW, request.method, path):
            await self._clock.sleep(slow.seconds)
        if self.faults.find(FaultKind.DROP, request.method, path):
            return await _cut(http)
        if fault := self.faults.find(FaultKind.FAIL, request.method, path):
            return web.json_response(fault.body, status=fault.status)
        response = await self._respond(match, request)
        if self.faults.find(FaultKind.LOSE, request.method, path):
            return await _cut(http)
        return response

    async def _respond(self, match: Match | None, request: Request) -> web.Response:
        try:
            answer = await self._dispatch(match, request)
        except MatrixError as error:
            return web.json_response(error.body, status=error.status)
        if isinstance(answer, Bytes):
            return web.Response(body=answer.data, content_type=answer.content_type)
        return web.json_response(answer)


async def _read(http: web.BaseRequest) -> Request:
    scheme, _, token = http.headers.get("Authorization", "").partition(" ")
    return Request(
        method=http.method,
        path=http.rel_url.raw_path,
        query=dict(http.rel_url.query),
        token=token if scheme == "Bearer" else http.rel_url.query.get("access_token"),
        body=await http.content.read(),
        content_type=http.content_type,
    )


async def _cut(http: web.BaseRequest) -> web.StreamResponse:
    """Break off in the middle of an answer.

    Not before it: aiohttp's client silently repeats a PUT whose kept-alive connection ends without
    a byte, and the test would never see the fault it asked for.
    """
    response = web.StreamResponse(headers={"Content-Length": "100"})
    with suppress(ConnectionResetError):  # whoever asked may have gone first
        await response.prepare(http)
        await response.write(b"{")
    if http.transport:
        http.transport.close()
    return response
