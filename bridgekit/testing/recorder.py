"""The smallest application service: it records what it is pushed, and asks what it is told to."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from aiohttp import ClientSession, web
from yarl import URL

from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.homeserver.errors import MatrixError

JSON = dict[str, Any]
T = TypeVar("T")

_APP = "/_matrix/app/v1"
_OK = 200


@dataclass(frozen=True, slots=True)
class Pushed:
    """A transaction as it arrived, and the status that it was answered with."""

    id: str
    body: JSON
    status: int

    @property
    def events(self) -> list[JSON]:
        events: list[JSON] = self.body["events"]
        return events


async def _no_alias(_alias: str) -> bool:
    return False


class Recorder:
    """Use `recorder`. `answers` are the statuses of the next transactions and pings; then 200.

    `on_alias` is asked for aliases: True if it made the room.
    """

    def __init__(
        self, registration: Mapping[str, Any], homeserver: str, http: ClientSession
    ) -> None:
        self.registration = registration
        self.transactions: list[Pushed] = []
        self.pings: list[JSON] = []
        self.aliases: list[str] = []
        self.answers: list[int] = []
        self.on_alias: Callable[[str], Awaitable[bool]] = _no_alias
        self._homeserver = homeserver
        self._http = http
        self._changes = Changes()
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen where the registration says."""
        self._runner = web.ServerRunner(
            web.Server(self._answer), shutdown_timeout=1
        )  # what is seen is answered
        await self._runner.setup()
        port = URL(self.registration["url"]).port
        await web.TCPSite(self._runner, "127.0.0.1", port, reuse_address=True).start()

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    @property
    def running(self) -> bool:
        return self._runner is not None

    @property
    def events(self) -> list[JSON]:
        """All events of accepted transactions, in order."""
        accepted = [pushed for pushed in self.transactions if pushed.status == _OK]
        return [event for pushed in accepted for event in pushed.events]

    async def event(self, predicate: Callable[[JSON], object]) -> JSON:
        """The first pushed event that `predicate` accepts, once it is there."""
        return await self.wait_for(
            lambda: next((event for event in self.events if predicate(event)), None)
        )

    async def wait_for(self, predicate: Callable[[], T | None]) -> T:
        """The first truthy result of `predicate`, tried after every request that arrives."""
        return await self._changes.wait_for(predicate, "a push")

    async def ask(
        self,
        method: str,
        path: str,
        body: JSON | bytes | None = None,
        *,
        user: str | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Any:
        """Ask the homeserver, as `user` or the bot.

        `path` is encoded, and below /_matrix/client unless it says otherwise.
        """
        masquerade = {} if user is None else {"user_id": user}
        full = path if path.startswith("/_matrix/") else f"/_matrix/client{path}"
        url = URL(f"{self._homeserver}{full}", encoded=True)
        headers = {"Authorization": f"Bearer {token or self.registration['as_token']}"}
        async with self._http.request(
            method,
            url.update_query({**(query or {}), **masquerade}),
            data=body if isinstance(body, bytes) or body is None else json.dumps(body),
            headers=headers,
        ) as response:
            data = await response.read()
        if response.content_type != "application/json":
            return data
        answer = json.loads(data)
        if not response.ok:
            extra = {key: answer[key] for key in answer if key not in ("errcode", "error")}
            raise MatrixError(response.status, answer["errcode"], answer.get("error", ""), extra)
        return answer

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        status = 401
        if request.headers.get("Authorization") == f"Bearer {self.registration['hs_token']}":
            status = await self._take(request)
        self._changes.notify()
        response = web.json_response({}, status=status)
        # The homeserver would write its next push to a connection that ends with this recorder.
        response.force_close()
        return response

    async def _take(self, request: web.BaseRequest) -> int:
        kind, _, rest = request.rel_url.raw_path.removeprefix(f"{_APP}/").partition("/")
        if kind == "rooms":
            self.aliases.append(unquote(rest))
            return _OK if await self.on_alias(unquote(rest)) else 404
        body = json.loads(await request.content.read())
        status = self.answers.pop(0) if self.answers else _OK
        if kind == "transactions":
            self.transactions.append(Pushed(unquote(rest), body, status))
        if kind == "ping":
            self.pings.append(body)
        return status


@asynccontextmanager
async def recorder(registration: Mapping[str, Any], homeserver: str) -> AsyncGenerator[Recorder]:
    """Run an application service under `registration` for as long as the block lasts."""
    async with ClientSession() as http:
        running = Recorder(registration, homeserver, http)
        await running.start()
        try:
            yield running
        finally:
            await running.stop()
