"""Keeps one login connected: reconnects with back-off, closes when idle, stops when refused.

This is, with the lane worker, the one place that catches broadly: whatever ends a connection, the
next one is tried.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.adapter import Adapter, Client, Login, LoginState
from bridgekit.adapter_supports import SupportsAutomaticLogin, SupportsSignOut
from bridgekit.clock import Clock
from bridgekit.errors import BridgekitError, LoginError, RetryLater
from bridgekit.fault import fault_of
from bridgekit.ids import ChatID, LoginID, RemoteUserID
from bridgekit.login.accounts import named
from bridgekit.login.calls import Calls
from bridgekit.login.entering import Entering
from bridgekit.login.identities import Identities
from bridgekit.states import LoginMove, next_login_state
from bridgekit.supports import SupportsChats

log = structlog.get_logger()

LEAVING = 10.0  # seconds that the end of a session may take
STEADY = 30.0  # seconds after which a connection counts as having worked


@dataclass(slots=True)
class Entry:
    """One login, and how it stands. `wanted`: connect it whenever the network is up."""

    login: Login
    calls: Calls
    wanted: bool = False
    state: LoginState = LoginState.OFFLINE
    why: str = ""
    client: Client | None = None
    used: float = 0.0
    spoken: float = 0.0  # when it was last needed; less than 0: earlier than all that were since
    since: float = 0.0  # when it began to connect, or lost its connection
    refused_at: float = 0.0
    tried_again: bool = False  # once its refusal is not believed any more: a timer runs
    taken: int = 0  # how often the network has taken something through it
    one_waits: bool = False  # which was refused alone: a timer runs
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    entered: set[ChatID] = field(default_factory=set)
    lost: Counter[ChatID] = field(default_factory=Counter)  # how often it was put out of a chat
    missing: asyncio.Event = field(default_factory=asyncio.Event)  # it may be in too few chats
    spare: asyncio.Event = field(default_factory=asyncio.Event)  # another one needs its place
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What the rest of the core wants to know of logins."""

    ready: Callable[[LoginID], None]  # it can send now, or never will
    moved: Callable[[LoginID, LoginState, str], None]
    identified: Callable[[LoginID, RemoteUserID, str], Coroutine[Any, Any, None]]
    chats: Callable[[LoginID], Sequence[ChatID]]


class Supervisor:
    """For all logins of one network."""

    def __init__(
        self,
        adapter: Adapter[Any],
        watch: Watch,
        clock: Clock,
        rng: random.Random,
        identities: Identities,
    ) -> None:
        self._adapter, self._watch, self._clock, self._rng = adapter, watch, clock, rng
        self._identities = identities
        self.moves = Counter[LoginMove]()
        """How often a login has connected, lost its connection, and so on."""

    async def supervise(self, entry: Entry) -> None:
        """Keep a login, which is connecting, connected until it is idle, refused or cancelled."""
        try:
            await self._reconnect(entry)
        except LoginError as error:
            if entry.state is not LoginState.REFUSED:
                self.refused(entry, str(error))
        except asyncio.CancelledError:
            # The network ends, or the login did in the middle (that is moved already).
            if entry.state not in {LoginState.REFUSED, LoginState.OFFLINE}:
                self.move(entry, LoginMove.CLOSED, "the network was closed")
            raise

    async def _reconnect(self, entry: Entry) -> None:
        """Connect again and again, until idle."""
        attempts = 0
        entry.spare.clear()
        while True:
            began = self._clock.monotonic()
            try:
                if not entry.spare.is_set():
                    await self._connection(entry)
                if self._idle(entry):
                    entry.wanted = False
                    self.move(entry, LoginMove.CLOSED, "nothing said for a while")
                    await self._sign_out(entry)
                    return
                pause, why = None, "the network closed the connection"
            except LoginError:
                raise
            except RetryLater as error:
                pause, why = error.after, str(error)
            except Exception as error:  # noqa: BLE001 (the login supervisor: any end is followed by a new try)
                fault = fault_of(error, self._adapter)
                log.warning("connection failed", login=entry.login.id, error=fault)
                pause, why = None, "the connection failed"
            _unless_cancelled()
            attempts = 1 if self._clock.monotonic() - began > STEADY else attempts + 1
            self.move(entry, LoginMove.DROPPED, why)
            await self._clock.sleep(pause or self._pause(attempts))
            self.move(entry, LoginMove.WANTED)

    async def _sign_out(self, entry: Entry) -> None:
        """Nobody needs the session over there; where it cannot be ended, it ends by itself."""
        if not isinstance(self._adapter, SupportsSignOut):
            return
        try:
            async with self._clock.timeout(LEAVING):
                await self._adapter.sign_out(entry.login)
        except Exception as error:  # noqa: BLE001 (whatever it is, the login is closed)
            fault = fault_of(error, self._adapter)
            log.warning("session not ended", login=entry.login.id, error=fault)

    async def _connection(self, entry: Entry) -> None:
        """One connection, from signing in until it ends."""
        try:
            async with self._adapter.connect(entry.login) as client:
                # It is nobody's yet whose sign-in is refused by what is known of this account.
                await self._watch.identified(entry.login.id, client.me, named(client))
                entry.client = client
                self._identities.is_now(entry.login.id, client.me)
                await self._listen(entry, client)
        except BaseExceptionGroup as group:
            raise _first(group) from group
        finally:
            self._identities.ended(entry.login.id, entry.entered)
            entry.client = None
            entry.entered.clear()
            entry.lost.clear()

    async def _listen(self, entry: Entry, client: Client) -> None:
        entry.calls.begin(client)
        async with asyncio.TaskGroup() as group:
            entering = group.create_task(self._enter(entry, client))
            ends = [group.create_task(client.run())]
            if self._closes_when_idle(entry):
                ends.append(group.create_task(self._until_idle(entry)))
            entry.used = self._clock.monotonic()  # what waited for it is about to be said
            self.move(entry, LoginMove.CONNECTED)
            self._watch.ready(entry.login.id)
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                entry.calls.end()
            for task in (entering, *ends):
                task.cancel()

    async def _enter(self, entry: Entry, client: Client) -> None:
        """Be in every chat where this login listens, again if it is put out of one."""
        if not isinstance(client, SupportsChats):
            return
        enter = partial(self.be_in, entry, client)
        again, at_once = (entry.lost, self._pause, self._clock), client.enters_at_once
        entering = Entering(entry.login.id, enter, *again, at_once)

        def missing() -> Iterator[ChatID]:
            chats = self._watch.chats(entry.login.id)
            return (chat for chat in chats if chat not in entry.entered)

        async with asyncio.TaskGroup() as group:
            group.create_task(entering.run())
            while True:
                entry.missing.clear()
                entering.want(missing())
                await entry.missing.wait()

    def _pause(self, attempts: int) -> float:
        return retry.backoff(attempts, self._rng.random())

    async def be_in(self, entry: Entry, client: Client, chat: ChatID) -> None:
        """Enter a chat unless this connection has; raises no other than the adapter's errors."""
        if chat in entry.entered or not isinstance(client, SupportsChats):
            return
        try:
            await entry.calls.ask(client, client.enter(chat))
        except BridgekitError:
            raise
        except Exception as error:
            # Nothing is sent before the chat is entered, so whatever it was, it may be repeated.
            fault = fault_of(error, client)
            log.warning("cannot enter", login=entry.login.id, chat=chat, why=fault)
            raise RetryLater("The chat cannot be entered now") from error
        if entry.client is client:  # and not the next connection, which is in no chat yet
            entry.entered.add(chat)

    async def _until_idle(self, entry: Entry) -> None:
        assert isinstance(self._adapter, SupportsAutomaticLogin)  # noqa: S101 (asked before)
        while not self._idle(entry):
            left = entry.used + self._adapter.idle_after - self._clock.monotonic()
            with suppress(TimeoutError):
                async with self._clock.timeout(left):
                    await entry.spare.wait()

    def _closes_when_idle(self, entry: Entry) -> bool:
        login = entry.login  # one that a person signed in to hears what is said to them
        automatic = login.exclusive and not login.relay
        return automatic and isinstance(self._adapter, SupportsAutomaticLogin)

    def _idle(self, entry: Entry) -> bool:
        adapter, quiet = self._adapter, self._clock.monotonic() - entry.used
        if not self._closes_when_idle(entry):
            return False
        assert isinstance(adapter, SupportsAutomaticLogin)  # noqa: S101 (asked just now)
        return entry.spare.is_set() or quiet >= adapter.idle_after

    async def halt(self, entry: Entry) -> None:
        """End its connection, and try no more; whoever wants it meanwhile starts no second one."""
        entry.wanted = False
        if (task := entry.task) is None:
            return
        task.cancel()
        await asyncio.wait([task])
        ended = entry.state in {LoginState.REFUSED, LoginState.OFFLINE}
        if entry.task is task and not ended:  # it was cancelled before its first step
            self.move(entry, LoginMove.CLOSED, "the network was closed")

    def refused(self, entry: Entry, why: str) -> None:
        """Asking again at once is no use: what waits for it has to know (see `refused.py`)."""
        entry.wanted = False
        entry.refused_at = self._clock.monotonic()
        self.move(entry, LoginMove.REFUSED, why)
        self._watch.ready(entry.login.id)

    def end(self, entry: Entry, state: LoginState, why: str) -> None:
        """End a connection that is up, as REFUSED or until it is wanted again."""
        if entry.state is not LoginState.ONLINE:
            return
        if state is LoginState.REFUSED:
            self.refused(entry, why)
        else:
            entry.wanted = False
            self.move(entry, LoginMove.CLOSED, why)
        if entry.task is not None:
            entry.task.cancel()

    def move(self, entry: Entry, move: LoginMove, why: str = "") -> None:
        """Change a login's state; raises `ValueError` for a move that cannot be."""
        if entry.state not in {LoginState.CONNECTING, LoginState.BACKOFF}:
            entry.since = self._clock.monotonic()
        entry.state = next_login_state(entry.state, move)
        self.moves[move] += 1
        entry.why = why
        entry.changed.set()
        self._watch.moved(entry.login.id, entry.state, why)


def _unless_cancelled() -> None:
    """A connection that fails while it is cancelled shows its failure instead (Python < 3.13)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that says what happened; what follows it is its consequence."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
