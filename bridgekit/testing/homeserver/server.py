"""`FakeHomeserver`: a homeserver in this process that behaves, and misbehaves, as told.

The behaviour is Synapse's; `tests/integration/test_homeserver_*.py` hold both to it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Self, TypeVar

from aiohttp import ClientSession

from bridgekit.clock import Clock, SystemClock
from bridgekit.testing.homeserver.access import ANYBODY, identify
from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.calls import Answer, Bytes, Call, Match, Request, Router
from bridgekit.testing.homeserver.endpoints.routes import ROUTES
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.faults import Fault, FaultKind, Faults
from bridgekit.testing.homeserver.listener import Listener
from bridgekit.testing.homeserver.outbound import Outbound
from bridgekit.testing.homeserver.person import Connection, Person
from bridgekit.testing.homeserver.push import Pusher, Transaction
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]
T = TypeVar("T")


class FakeHomeserver:
    """`async with FakeHomeserver() as hs:` listens on loopback until the block ends.

    Bridges come over `url`; people (`person`) act in-process, untouched by faults and not counted
    in `requests`. `clock` is asked for timestamps and for the back-off of failed pushes. `port` is
    where it listens, after a `stop` too; 0: where the system likes, which may be taken by then.
    """

    def __init__(
        self, domain: str = "example.org", clock: Clock | None = None, *, port: int = 0
    ) -> None:
        self.domain = domain
        self._world = World(domain, clock or SystemClock(), lambda: secrets.token_urlsafe(32))
        self._router = Router(ROUTES)
        world = self._world
        self._listener = Listener(self._router, self._dispatch, world.changes, world.clock, port)
        self._pushers: dict[str, Pusher] = {}
        self._people: dict[str, Person] = {}
        self._pushing: list[asyncio.Task[None]] = []
        self._running = False

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(ClientSession())
            self._outbound = Outbound(session)
            self._outbound.on_reached.append(lambda service: self._pusher(service.id).retry_now())
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            await self.start()
            stack.push_async_callback(self.stop)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.faults.clear()
        await self._stack.aclose()

    # What a test sets up.

    @property
    def url(self) -> str:
        return self._listener.url

    def load_registration(self, registration: Mapping[str, Any]) -> None:
        """Take a registration file's content, as Synapse does when it starts."""
        service = AppService.load(registration, self.domain)
        self._world.appservices[service.id] = service
        pusher = self._pushers[service.id] = Pusher(service, self._world, self._outbound)
        self._world.on_event.append(pusher.offer)
        self._world.on_ephemeral.append(pusher.offer_ephemeral)
        self._start_pushing(pusher)

    def person(self, name: str) -> Person:
        """The person of that name, with an account and a client; the same one every time."""
        if name not in self._people:
            user_id = f"@{name}:{self.domain}"
            self._world.add_account(user_id)
            token = self._world.add_access_token(user_id)
            self._people[name] = Person(user_id, token, self.connection(token))
        return self._people[name]

    def connection(self, access_token: str) -> Connection:
        """That of a client that has this token."""
        return _InProcess(self, access_token)

    async def wait_for(self, predicate: Callable[[], T | None], what: str = "a condition") -> T:
        """The first truthy result of `predicate`, tried whenever anything changes here."""
        return await self._world.changes.wait_for(predicate, what)

    # Being there, or not.

    async def start(self) -> None:
        """Listen and push; after `stop` on the same port, with all that was kept."""
        await self._listener.start()
        self._running = True
        for pusher in self._pushers.values():
            self._start_pushing(pusher)

    async def stop(self) -> None:
        """Go down: connections are cut, also towards bridges; rooms and queues are kept."""
        self._running = False
        for task in self._pushing:
            task.cancel()
        await asyncio.gather(*self._pushing, return_exceptions=True)
        self._pushing.clear()
        await self._listener.stop()

    async def restart(self) -> None:
        """Go down and come back; transaction IDs of requests are forgotten, as Synapse's are."""
        await self.stop()
        self._world.answered.clear()
        await self.start()

    # Pushing.

    def hold(self) -> None:
        """Push nothing more until `release`; what happens meanwhile is then pushed together."""
        for pusher in self._pushers.values():
            pusher.hold()

    def release(self) -> None:
        for pusher in self._pushers.values():
            pusher.release()

    def keep_back(self) -> None:
        """Store what is pushed next, and do not send it before the next failure."""
        for pusher in self._pushers.values():
            pusher.keep_back()

    @property
    def kept_back(self) -> bool:
        """Whether something is."""
        return any(pusher.kept_back for pusher in self._pushers.values())

    def retry_now(self) -> None:
        """End the back-off of every push that failed."""
        for pusher in self._pushers.values():
            pusher.retry_now()

    @property
    def world(self) -> World:
        """Everything that there is, as it is now: to look at, and to be told of what happens."""
        return self._world

    async def pushed(self) -> None:
        """Wait until bridges have accepted everything that is for them."""
        pushers = self._pushers.values()
        await self.wait_for(
            lambda: all(pusher.idle for pusher in pushers), "every push to be accepted"
        )

    def delivered(self, appservice: str | None = None) -> list[Transaction]:
        """The transactions that were accepted, oldest first."""
        return list(self._pusher(appservice).delivered)

    async def replay_last(self, count: int = 1, appservice: str | None = None) -> list[int | None]:
        """Send the last accepted transactions once more; the statuses (None: no answer)."""
        pusher = self._pusher(appservice)
        return [await pusher.send(transaction) for transaction in pusher.delivered[-count:]]

    async def push_transaction(
        self, txn_id: str, body: JSON | bytes, appservice: str | None = None
    ) -> int:
        """Send whatever this is as a transaction, past all queues; the status."""
        return await self._outbound.push(self._pusher(appservice).service, txn_id, body)

    # Trouble, for requests that come over `url`. `path` is a regular expression, searched for in
    # the decoded path; `times` is None for "until cleared".

    @property
    def faults(self) -> Faults:
        return self._listener.faults

    @property
    def requests(self) -> Counter[str]:
        """How often each endpoint was asked: `PUT /rooms/{room}/send/{type}/{txn}`."""
        return self._listener.requests

    def fail(
        self,
        method: str,
        path: str,
        *,
        status: int = 500,
        errcode: str = "M_UNKNOWN",
        retry_after_ms: int | None = None,
        times: int | None = 1,
    ) -> Fault:
        """Answer with an error; the request has no effect."""
        body: JSON = {"errcode": errcode, "error": "A fault was asked for"}
        if retry_after_ms is not None:
            body["retry_after_ms"] = retry_after_ms
        return self.faults.add(FaultKind.FAIL, method, path, times=times, status=status, body=body)

    def lose_answer(self, method: str, path: str, *, times: int | None = 1) -> Fault:
        """Let the request take effect, then cut the connection instead of answering."""
        return self.faults.add(FaultKind.LOSE, method, path, times=times)

    def drop_request(self, method: str, path: str, *, times: int | None = 1) -> Fault:
        """Cut the connection; the request has no effect."""
        return self.faults.add(FaultKind.DROP, method, path, times=times)

    def delay(self, method: str, path: str, *, times: int | None = None) -> Fault:
        """Hold requests, before they take effect, until the fault's `release`."""
        return self.faults.add(FaultKind.DELAY, method, path, times=times)

    def slow(self, method: str, path: str, seconds: float, *, times: int | None = None) -> Fault:
        """Let each request wait for so long, by the clock, before it takes effect."""
        return self.faults.add(FaultKind.SLOW, method, path, times=times, seconds=seconds)

    # Inside.

    def _start_pushing(self, pusher: Pusher) -> None:
        if self._running and pusher.service.url:
            self._pushing.append(self._tasks.create_task(pusher.run()))

    def _pusher(self, appservice: str | None) -> Pusher:
        """That application service's queue; None: the only one's."""
        if appservice is not None:
            return self._pushers[appservice]
        (pusher,) = self._pushers.values()
        return pusher

    async def _dispatch(self, match: Match | None, request: Request) -> Answer:
        if match is None:
            raise MatrixError(404, "M_UNRECOGNIZED", "Unrecognized request")
        world = self._world
        requester = identify(world, request) if match.route.access else ANYBODY
        return await match.route.endpoint(
            Call(world, self._outbound, request, match.params, *requester)
        )

    async def ask(self, request: Request) -> Answer:
        """Dispatch a request that never saw a socket."""
        return await self._dispatch(self._router.match(request.method, request.path), request)

    def changes(self) -> AsyncGenerator[None]:
        """At once, then after every change."""
        return self._world.changes.each()


class _InProcess(Connection):
    """A person's connection that needs no socket."""

    def __init__(self, homeserver: FakeHomeserver, token: str) -> None:
        self._homeserver = homeserver
        self._token = token

    async def request(
        self, method: str, path: str, body: JSON | None = None, query: dict[str, str] | None = None
    ) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        full = f"/_matrix/client/v3{path}"
        return await self._homeserver.ask(Request(method, full, query or {}, self._token, data))

    async def upload(self, data: bytes, mime: str, name: str) -> str:
        path, query = "/_matrix/media/v3/upload", {"filename": name}
        request = Request("POST", path, query, self._token, data, mime)
        answer = await self._homeserver.ask(request)
        assert isinstance(answer, dict)  # noqa: S101 (this endpoint answers in JSON)
        return str(answer["content_uri"])

    async def download(self, server: str, media: str) -> bytes:
        path = f"/_matrix/client/v1/media/download/{server}/{media}"
        answer = await self._homeserver.ask(Request("GET", path, {}, self._token))
        assert isinstance(answer, Bytes)  # noqa: S101 (this endpoint answers with the file)
        return answer.data

    def changes(self) -> AsyncGenerator[None]:
        return self._homeserver.changes()
