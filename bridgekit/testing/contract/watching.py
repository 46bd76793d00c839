"""An adapter that is watched: what it hands over is told in the story, held up, or not taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

from bridgekit.adapter import Adapter, Client, Login
from bridgekit.adapter_supports import LoginFlow, SupportsLogin
from bridgekit.errors import BridgekitError
from bridgekit.events import Raw
from bridgekit.facts import UserInfo
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.testing.contract.answering import TAKEN, expect_of_call, expect_of_client
from bridgekit.testing.contract.story import Broken, Story, event_in_words


@dataclass(slots=True)
class Watch:
    """What was seen of the adapter, and what its host is to do instead of storing.

    `clients` are connected now; `connected` counts; `refusals` are what `connect`, or a sign-in,
    raised.
    """

    story: Story
    clients: dict[LoginID, Client] = field(default_factory=dict)
    people: set[LoginID] = field(default_factory=set)
    """Which logins are somebody's own."""
    logins: dict[LoginID, Login] = field(default_factory=dict)
    """With what each was connected last, or was to be."""
    connected: int = 0
    refusals: list[BaseException] = field(default_factory=list)
    failures: deque[Exception] = field(default_factory=deque)
    """What the next calls of `receive` raise instead of storing any event.

    A cursor alone is stored all the same: who hands it over before its events loses them.
    """
    holding: bool = False
    """No event is stored: `receive` does not return."""
    held: int = 0
    """How many calls have been held up."""
    stored: int = 0
    """How many calls have returned."""
    reasons: list[tuple[bytes, str]] = field(default_factory=list)
    """What was set aside, and why."""
    raw: deque[Raw] = field(default_factory=lambda: deque(maxlen=10))
    """What was handed over last to be converted later."""
    misfits: list[str] = field(default_factory=list)
    """What did not have the shape that the interface names, and where."""

    def me(self) -> RemoteUserID | None:
        """Who the person on Matrix is on the network, if one with a login of their own is."""
        own = (one.me for login, one in self.clients.items() if login in self.people)
        return next(own, None)

    def misfit(self, sentence: str, where: str) -> None:
        """Something does not fit."""
        whole = f"{sentence.rstrip('.')} ({where})." if where else sentence
        if whole not in self.misfits:
            self.misfits.append(whole)
            self.story.trouble([whole])

    def expect_fitting(self) -> None:
        """Else nothing else that is found says as much."""
        if self.misfits:
            raise Broken(self.misfits[0])


class WatchedHost:
    """The core's host; what it is given is looked at."""

    def __init__(self, host: Any, watch: Watch) -> None:
        self._host, self._watch = host, watch

    def __getattr__(self, name: str) -> Any:
        if name in TAKEN:
            return partial(self._given, name)
        return getattr(self._host, name)

    def _given(self, name: str, *given: Any, **named: Any) -> Any:
        """A method whose coroutine is its caller's to await."""
        expect_of_call(name, given, named, self._watch.misfit)
        return getattr(self, f"_{name}", getattr(self._host, name))(*given, **named)

    async def receive(self, login: LoginID, *events: Any, cursor: str | None = None) -> None:
        watch = self._watch
        nothing = "nothing" if cursor is None else f"the cursor {cursor}"
        before = len(watch.misfits)
        expect_of_call("receive", (login, *events), {"cursor": cursor}, watch.misfit)
        fitting = len(watch.misfits) == before
        words = (
            "; ".join(map(event_in_words, events)) or nothing if fitting else "what does not fit"
        )
        watch.story.tell(f"the adapter hands over: {words}")
        watch.raw.extend(event for event in events if isinstance(event, Raw))
        if events and watch.failures:
            failure = watch.failures.popleft()
            watch.story.tell(f"it cannot be stored: {failure!r}")
            raise failure
        if events and watch.holding:
            watch.held += 1
            await asyncio.Event().wait()  # until whoever calls is cancelled
        await self._host.receive(login, *events, cursor=cursor)
        watch.stored += 1
        watch.story.tell(f"it is stored: {words}")

    async def _user_changed(self, login: LoginID, info: UserInfo) -> None:
        await self._host.user_changed(login, info)
        self._watch.story.tell(f"the adapter tells that {info.id} is called {info.name}")

    async def _set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        self._watch.reasons.append((body, why))
        await self._host.set_aside(login, body, why)
        self._watch.story.tell(f"the adapter sets aside what it cannot understand: {why}")


def watched(adapter: type[Adapter[Any]], watch: Watch) -> type[Adapter[Any]]:
    """The same adapter; whatever it does is seen by `watch`."""

    class Watched(adapter):  # type: ignore[valid-type, misc]  # the author's class
        def __init__(self, config: Any, host: Any) -> None:
            super().__init__(config, WatchedHost(host, watch))

        @wraps(adapter.connect)  # what it is annotated to yield tells what its clients can do
        @asynccontextmanager
        async def connect(self, login: Login) -> AsyncIterator[Client]:
            entered = False
            watch.logins[login.id] = login
            try:
                async with super().connect(login) as client:
                    entered = True
                    expect_of_client(client, watch.misfit)
                    watch.connected += 1
                    watch.clients[login.id] = client
                    watch.people |= set() if login.person is None else {login.id}
                    watch.story.tell(f"the login {login.id} is connected, as {client.me}")
                    yield client
            except BaseException as error:
                if not entered:
                    watch.refusals.append(error)
                    watch.story.tell(f"the login {login.id} is not connected{_why(error)}")
                raise
            finally:
                if watch.clients.pop(login.id, None) is not None:
                    watch.story.tell(f"the login {login.id} is no longer connected")

    found = _signing_in(Watched, watch) if issubclass(adapter, SupportsLogin) else Watched
    found.__name__, found.__module__ = adapter.__name__, adapter.__module__
    return found


def _signing_in(adapter: type[Adapter[Any]], watch: Watch) -> type[Adapter[Any]]:
    """The same adapter; what its sign-ins raise is seen, too."""

    class Signing(adapter):  # type: ignore[valid-type, misc]  # the author's class
        async def login(self, flow: LoginFlow) -> Mapping[str, str]:
            try:
                given: Mapping[str, str] = await super().login(flow)
            except Exception as error:
                watch.refusals.append(error)
                raise
            return given

    return Signing


def _why(error: BaseException) -> str:
    """Nothing of what the core does not expect: its warning of that, with the place, follows."""
    match error:
        case BridgekitError():
            return f": {error}"
        case asyncio.CancelledError():
            return ": it is broken off"
        case _:
            return ""
