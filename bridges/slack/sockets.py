"""Socket Mode: the Events API over connections of our own, acknowledged once stored.

https://docs.slack.dev/apis/events-api/using-socket-mode. The SDK's client runs its listeners beside
each other, so that order is lost, and reads on while it connects anew; hence this one.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType

from bridgekit import LoginError, Rejected, RetryLater
from bridges.slack.fields import JSON, record, text
from bridges.slack.refusals import InDoubt
from bridges.slack.web_api import WebAPI

_HEARTBEAT = 30.0  # seconds between pings; a connection that answers none is gone
_FIRST, _LONGEST = 1.0, 60.0  # seconds before a connection is tried again
_REFUSED = 300.0  # the same, where Slack does not accept the token
_PATIENCE = 30.0  # seconds that a login waits for the first connection


class SocketMode:
    """So many connections at once; Slack sends each event over any one of them.

    `take` stores a payload. `alone` is called when no connection is left: from there on Slack
    tells nobody.
    """

    def __init__(
        self,
        api: WebAPI,
        http: ClientSession,
        count: int,
        take: Callable[[JSON], Awaitable[None]],
        alone: Callable[[], None],
    ) -> None:
        self._api, self._http, self._count = api, http, count
        self._take, self._alone = take, alone
        self._open = 0
        self._up = asyncio.Event()
        self._refusal = ""

    async def run(self) -> None:
        """Hold the connections until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._count):
                tasks.create_task(self._keep(tasks))

    async def ready(self) -> None:
        """Return once Slack can tell us something. Raises `LoginError` or `RetryLater`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._up.wait()
        except TimeoutError:
            raise RetryLater("Slack does not open a connection for its events") from None
        if self._refusal:
            raise LoginError(self._refusal)

    async def _keep(self, tasks: asyncio.TaskGroup) -> None:
        """One connection after the other, until one has a successor."""
        pause = _FIRST
        while True:
            try:
                url = text(await self._api.call("apps.connections.open"), "url")
                self._accepted()
                async with self._http.ws_connect(url, heartbeat=_HEARTBEAT) as socket:
                    if await self._listen(socket, tasks):
                        return
                pause = _FIRST
            except LoginError as error:
                self._refuse(str(error))
                pause = _REFUSED
            except Rejected as error:
                self._refuse(f"Socket Mode is not to be had: {error}")
                pause = _REFUSED
            except RetryLater as error:
                pause = error.after or pause
            except (InDoubt, ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST)

    def _accepted(self) -> None:
        """Who waits goes on to wait, until a connection is there."""
        if self._refusal and not self._open:
            self._up.clear()
        self._refusal = ""

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self._up.set()  # who waits for a connection is told

    async def _listen(self, socket: ClientWebSocketResponse, tasks: asyncio.TaskGroup) -> bool:
        """Until the connection ends; whether another has begun in its place."""
        succeeded = counted = False
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                frame = _frame(message.data)
                match text(frame, "type"):
                    case "hello" if not counted:
                        counted = True
                        self._opened()
                    case "disconnect" if text(frame, "reason") == "link_disabled":
                        raise Rejected("it is switched off in the app's settings")
                    case "disconnect" if text(frame, "reason") == "too_many_websockets":
                        break  # one more would be too many again
                    case "disconnect" if not succeeded:
                        # The successor is there before this one is gone: nothing is missed.
                        succeeded = True
                        tasks.create_task(self._keep(tasks))
                    case _:
                        await self._acknowledge(socket, frame)
        finally:
            if counted:
                self._closed()
        return succeeded

    def _opened(self) -> None:
        self._open += 1
        self._up.set()

    def _closed(self) -> None:
        self._open -= 1
        if not self._open:
            self._up.clear()
            self._alone()

    async def _acknowledge(self, socket: ClientWebSocketResponse, frame: JSON) -> None:
        """Only what is stored is acknowledged; all else Slack sends again."""
        envelope = text(frame, "envelope_id")
        if not envelope:
            return
        try:
            if text(frame, "type") == "events_api":
                await self._take(record(frame, "payload"))
        except RetryLater:
            return
        with suppress(ClientError, ConnectionError):  # then it comes again, and is known
            await socket.send_json({"envelope_id": envelope})


def _frame(data: str) -> JSON:
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}
