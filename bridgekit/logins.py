"""The logins of one network: connected when wanted, watched, closed when idle.

Lanes reach a login only through here. The supervisor of a login is, with the lane worker, the one
place that catches broadly: whatever ends a connection, the next one is tried.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.adapter import Adapter, Client, Login, LoginState
from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.clock import Clock
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID
from bridgekit.states import LoginMove, next_login_state
from bridgekit.supports import SupportsChats

log = structlog.get_logger()

STEADY = 30.0  # seconds after which a connection counts as having worked
REFUSED_FOR = 300.0  # seconds for which a refusal is believed without asking again
ENTER_AT_ONCE = 8


class NotConnected(Exception):  # noqa: N818 (an answer, not a fault)
    """The login is not ready within the patience that was asked for."""


@dataclass(slots=True)
class Entry:
    """One login, and how it stands."""

    login: Login
    state: LoginState = LoginState.OFFLINE
    why: str = ""
    client: Client | None = None
    used: float = 0.0
    refused_at: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    entered: set[ChatID] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What the rest of the core wants to know of logins."""

    ready: Callable[[LoginID], None]  # it can send now, or never will
    moved: Callable[[LoginID, LoginState, str], None]
    identified: Callable[[LoginID, RemoteUserID], Coroutine[Any, Any, None]]
    chats: Callable[[LoginID], Sequence[Chat]]


class Logins:
    """Every login of one network."""

    def __init__(
        self,
        network: NetworkName,
        adapter: Adapter[Any],
        watch: Watch,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self.network, self.adapter = network, adapter
        self._watch, self._clock, self._rng = watch, clock, rng
        self._entries: dict[LoginID, Entry] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Hold the network's lifespan and its connections until cancelled."""
        try:
            async with self.adapter.lifespan(), asyncio.TaskGroup() as self._tasks:
                for entry in self._entries.values():
                    self._start(entry)
                await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None

    def add(self, login: Login, *, connect: bool) -> None:
        """Make a login known and, if asked, connect it as soon as the network is up."""
        entry = self._entries.setdefault(login.id, Entry(login))
        entry.used = self._clock.monotonic()
        if connect and self._tasks is not None:
            self._start(entry)

    def known(self, login: LoginID) -> bool:
        return login in self._entries

    def all(self) -> Sequence[Login]:
        return [entry.login for entry in self._entries.values()]

    def relay(self) -> LoginID | None:
        """The login that speaks for people who have none."""
        return next((id_ for id_, entry in self._entries.items() if entry.login.relay), None)

    def listener(self) -> LoginID | None:
        """The login that listens in shared chats."""
        return self.relay()

    def is_our_echo(self, user: RemoteUserID | None) -> bool:
        """Whether this is an account that nobody but the bridge uses."""
        return user is not None and any(
            entry.client is not None and entry.login.exclusive and entry.client.me == user
            for entry in self._entries.values()
        )

    def personal(self, user: RemoteUserID | None) -> LoginID | None:
        """The connected login of a person whose own account this is."""
        for login, entry in self._entries.items():
            if entry.client is not None and entry.client.me == user and not entry.login.exclusive:
                return login
        return None

    def client_of(self, login: LoginID) -> Client | None:
        """This login's client, while it is connected."""
        entry = self._entries.get(login)
        return None if entry is None else entry.client

    def client(self) -> Client | None:
        """Any client that is connected, the listener's first: for looking things up."""
        ordered = sorted(self._entries.values(), key=lambda entry: not entry.login.relay)
        return next((entry.client for entry in ordered if entry.client is not None), None)

    async def ready(self, login: LoginID, chat: Chat, patience: float) -> Client:
        """The login's client, in the chat. Raises `LoginError`, `Rejected` or `NotConnected`."""
        entry = self._entries[login]
        entry.used = self._clock.monotonic()
        if entry.client is None or entry.state is not LoginState.ONLINE:
            self._want(entry)
            try:
                async with self._clock.timeout(patience):
                    await self._settled(entry)
            except TimeoutError:
                raise NotConnected(entry.why) from None
        client = entry.client
        if client is None:
            raise NotConnected(entry.why)
        if not chat.private and chat.id not in entry.entered and isinstance(client, SupportsChats):
            await client.enter(chat.id)
            entry.entered.add(chat.id)
        return client

    def refuse(self, login: LoginID, why: str) -> None:
        """The network said, in the middle, that it accepts this login no longer."""
        entry = self._entries[login]
        if entry.state is LoginState.ONLINE:
            self._move(entry, LoginMove.REFUSED, why)
            entry.refused_at = self._clock.monotonic()
            if entry.task is not None:
                entry.task.cancel()
            self._watch.ready(login)

    def state(self, login: LoginID) -> tuple[LoginState, str]:
        entry = self._entries[login]
        return entry.state, entry.why

    def _want(self, entry: Entry) -> None:
        if entry.state is LoginState.REFUSED:
            if self._clock.monotonic() - entry.refused_at < REFUSED_FOR:
                raise LoginError(entry.why)
        elif entry.task is not None and not entry.task.done():
            return
        self._start(entry)

    def _start(self, entry: Entry) -> None:
        if self._tasks is None or (entry.task is not None and not entry.task.done()):
            return
        entry.task = self._tasks.create_task(self._supervise(entry), name="login")

    async def _settled(self, entry: Entry) -> None:
        while entry.state is not LoginState.ONLINE:
            if entry.state is LoginState.REFUSED:
                raise LoginError(entry.why)
            entry.changed.clear()
            await entry.changed.wait()

    async def _supervise(self, entry: Entry) -> None:
        attempts = 0
        while True:
            self._move(entry, LoginMove.WANTED)
            began = self._clock.monotonic()
            try:
                await self._connection(entry)
                if self._idle(entry):
                    self._move(entry, LoginMove.CLOSED, "nothing said for a while")
                    return
                pause, why = None, "the network closed the connection"
            except LoginError as error:
                self._refused(entry, error)
                return
            except RetryLater as error:
                pause, why = error.after, str(error)
            except Exception as error:  # noqa: BLE001 (the login supervisor: any end is followed by a new try)
                pause, why = None, f"{type(error).__name__}: {error}"
            attempts = 1 if self._clock.monotonic() - began > STEADY else attempts + 1
            self._move(entry, LoginMove.DROPPED, why)
            await self._clock.sleep(pause or retry.backoff(attempts, self._rng.random()))

    async def _connection(self, entry: Entry) -> None:
        """One connection, from signing in until it ends."""
        try:
            async with self.adapter.connect(entry.login) as client:
                entry.client = client
                await self._watch.identified(entry.login.id, client.me)
                await self._listen(entry, client)
        except BaseExceptionGroup as group:
            raise _first(group) from group
        finally:
            entry.client = None
            entry.entered.clear()

    async def _listen(self, entry: Entry, client: Client) -> None:
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(self._enter(entry, client))]
            if not entry.login.relay and isinstance(self.adapter, SupportsAutomaticLogin):
                others.append(group.create_task(self._until_idle(entry, client)))
            self._move(entry, LoginMove.CONNECTED)
            self._watch.ready(entry.login.id)
            run = group.create_task(client.run())
            await asyncio.wait([run, *others[1:]], return_when=asyncio.FIRST_COMPLETED)
            for task in (run, *others):
                task.cancel()

    async def _enter(self, entry: Entry, client: Client) -> None:
        """Be in every chat where this login listens; one that refuses stops no other."""
        if not isinstance(client, SupportsChats):
            return
        slots = asyncio.Semaphore(ENTER_AT_ONCE)

        async def enter(chat: Chat) -> None:
            async with slots:
                try:
                    await client.enter(chat.id)
                    entry.entered.add(chat.id)
                except (Rejected, RetryLater) as error:
                    log.warning("cannot enter", network=self.network, chat=chat.id, why=str(error))

        async with asyncio.TaskGroup() as group:
            for chat in self._watch.chats(entry.login.id):
                group.create_task(enter(chat))

    async def _until_idle(self, entry: Entry, client: Client) -> None:
        assert isinstance(self.adapter, SupportsAutomaticLogin)  # noqa: S101 (asked before)
        while not self._idle(entry):
            await self._clock.sleep(entry.used + self.adapter.idle_after - self._clock.monotonic())

    def _idle(self, entry: Entry) -> bool:
        if entry.login.relay or not isinstance(self.adapter, SupportsAutomaticLogin):
            return False
        return self._clock.monotonic() - entry.used >= self.adapter.idle_after

    def touch(self, login: LoginID) -> None:
        """Something was said to this login: it is not idle."""
        if login in self._entries:
            self._entries[login].used = self._clock.monotonic()

    def _refused(self, entry: Entry, error: LoginError) -> None:
        if entry.state is not LoginState.REFUSED:
            self._move(entry, LoginMove.REFUSED, str(error))
        entry.refused_at = self._clock.monotonic()
        self._watch.ready(entry.login.id)

    def _move(self, entry: Entry, move: LoginMove, why: str = "") -> None:
        entry.state = next_login_state(entry.state, move)
        entry.why = why
        entry.changed.set()
        self._watch.moved(entry.login.id, entry.state, why)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that says what happened; what follows it is its consequence."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
