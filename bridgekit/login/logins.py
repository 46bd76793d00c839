"""The logins of one network: connected when wanted, watched, closed when idle.

Lanes reach a login only through here.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bridgekit.adapter import Adapter, Client, Login, LoginState
from bridgekit.clock import Clock
from bridgekit.errors import ConfigError, LoginError
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RemoteUserID
from bridgekit.login.calls import Calls
from bridgekit.login.crowding import Crowd
from bridgekit.login.identities import Identities
from bridgekit.login.listeners import Listeners
from bridgekit.login.refused import REFUSED_FOR, Refused
from bridgekit.login.supervisor import Entry, Supervisor, Watch
from bridgekit.states import LoginMove

__all__ = ["Logins", "NotConnected", "Watch"]

KNOWN = 1000  # logins that are remembered however long nobody has used them
FORGOTTEN = 3600.0  # seconds without use after which others are not
GIVEN_UP = 24 * 3600.0  # seconds without a connection after which nobody waits for its answers
GONE = "This login was signed out."
OFF = "This network is switched off until the operator mends its configuration."


class NotConnected(Exception):  # noqa: N818 (an answer, not a fault)
    """The login is not ready within the patience that was asked for."""


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
        self.network, self.adapter, self._watch, self._clock = network, adapter, watch, clock
        self.identities = Identities(clock)
        self._supervisor = Supervisor(adapter, watch, clock, rng, self.identities)
        self.moves = self._supervisor.moves
        self._entries: dict[LoginID, Entry] = {}
        self.listeners = Listeners(adapter, self._entries)
        self.crowd = Crowd(adapter, self._entries)
        self.refused = Refused(self._entries, self._start, watch.ready, clock)
        self._tasks: asyncio.TaskGroup | None = None
        self._swept = 0.0

    async def run(self) -> None:
        """Hold the network's lifespan and its connections until cancelled."""
        try:
            async with self.adapter.lifespan(), asyncio.TaskGroup() as tasks:
                await self._connect_until_cancelled(tasks)
        except ConfigError:
            self.refused.off = True
            for entry in self._entries.values():
                entry.changed.set()
                self._watch.ready(entry.login.id)  # what waits for it shall fail, visibly
            raise

    async def _connect_until_cancelled(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        try:
            for entry in self._entries.values():
                if entry.wanted:
                    self._start(entry)
            await asyncio.get_running_loop().create_future()
        finally:
            self._tasks = None  # a login that began now would keep the group from ending

    @property
    def entered(self) -> bool:
        """Whether the network's lifespan is entered: what calls it back may be heard."""
        return self._tasks is not None

    def add(self, login: Login, *, connect: bool) -> None:
        """Make a login known; if asked, connect it once the network is up and has room for it."""
        now = self._clock.monotonic()
        new = Entry(login, Calls(self._clock), since=now, spoken=-len(self._entries))
        entry = self._entries.setdefault(login.id, new)
        entry.used = now
        if connect and self.crowd.has_room(entry):
            self._start(entry)

    def forget_idle(self) -> Sequence[LoginID]:
        """Forget the logins that nobody has used for long; returns which.

        Whoever speaks again makes theirs known again. Costs nothing while there are few.
        """
        now = self._clock.monotonic()
        if len(self._entries) <= KNOWN or now - self._swept < FORGOTTEN / 10:
            return ()
        self._swept = now
        idle = [
            login
            for login, entry in self._entries.items()
            if entry.login.exclusive
            and not (entry.login.relay or entry.wanted or entry.client)
            and (entry.task is None or entry.task.done())
            and now - entry.used > FORGOTTEN
        ]
        for login in idle:
            del self._entries[login]
        return idle

    async def attempt(self, login: Login, patience: float) -> None:
        """As `restart`, and wait for it. Raises `LoginError`, `TimeoutError` after `patience`."""
        await self.restart(login)
        async with self._clock.timeout(patience):
            await self._settled(self._entry(login.id))

    async def restart(self, login: Login) -> None:
        """Connect anew, with these credentials; whoever waits for it goes on to wait."""
        if (entry := self._entries.get(login.id)) is not None:
            entry.login = login  # first: who wants it meanwhile wants this one
            await self._supervisor.halt(entry)
        self.add(login, connect=True)

    async def close(self, login: LoginID) -> None:
        """End a login and forget it: whoever waits for it hears that, and goes on."""
        if (entry := self._entries.pop(login, None)) is not None:
            me = entry.client and entry.client.me
            await self._supervisor.halt(entry)
            if me and not entry.login.exclusive:  # its person may go on to say things elsewhere
                self.identities.left({me})
            entry.state, entry.why = LoginState.REFUSED, GONE
            entry.changed.set()
            self._watch.ready(login)

    def renewed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        """The next connection signs in with these."""
        if entry := self._entries.get(login):
            entry.login = replace(entry.login, credentials=credentials)

    def _entry(self, login: LoginID) -> Entry:
        """Raises `LoginError` for one that was signed out since the caller chose it."""
        if (entry := self._entries.get(login)) is None:
            raise LoginError(GONE)
        return entry

    def known(self, login: LoginID) -> bool:
        return login in self._entries

    def login(self, login: LoginID) -> Login | None:
        """As it signs in next; None if it is not known."""
        return entry.login if (entry := self._entries.get(login)) else None

    def all(self) -> Sequence[Login]:
        return [entry.login for entry in self._entries.values()]

    def is_our_echo(
        self, user: RemoteUserID | None, left: AbstractSet[RemoteUserID] = frozenset()
    ) -> bool:
        """Whether this is an account that nobody but the bridge uses, or did until just now.

        Of whoever has `left` since, it is not any more.
        """
        login = self.identities.holder(user)
        if login is None and user not in left:
            login = self.identities.was(user)
        entry = None if login is None else self._entries.get(login)
        # One that is forgotten was a person's own.
        return login is not None and (entry is None or entry.login.exclusive)

    def holder(self, user: RemoteUserID | None) -> Login | None:
        """The connected login whose account this is."""
        login = self.identities.holder(user)
        return None if login is None else self.login(login)

    async def renamed(self, login: LoginID, me: RemoteUserID) -> None:
        """A login goes by another ID now."""
        if self.client_of(login) is not None:
            self.identities.is_now(login, me)
        await self._watch.identified(login, me, me)

    def client_of(self, login: LoginID) -> Client | None:
        """The client of a login, while it is connected."""
        return entry.client if (entry := self._entries.get(login)) else None

    def client(self) -> Client | None:
        """Any client that is connected, the listener's first: for looking things up."""
        connected = (entry.client for entry in self._entries.values() if entry.client)
        return self.listeners.client() or next(connected, None)

    def client_for(self, key: PortalKey) -> Client | None:
        """Who looks things up for a chat: its listener, else anybody; of a private one, its own."""
        login = self.listeners.hearing(key)
        client = None if login is None else self.client_of(login)
        return client or (None if key.receiver else self.client())

    async def ready(self, login: LoginID, chat: Chat, patience: float) -> Client:
        """The login's client, in the chat. Raises `LoginError`, `NotConnected` or as `enter`."""
        entry = self._entry(login)
        entry.used = entry.spoken = self._clock.monotonic()
        if entry.client is None or entry.state is not LoginState.ONLINE:
            self._want(entry)
            if patience > 0:
                with suppress(TimeoutError):
                    async with self._clock.timeout(patience):
                        await self._settled(entry)
        # Looked at after the wait, without an await before the caller steps aside: one that
        # connects in between would otherwise find nobody to wake.
        client = entry.client
        if client is None or entry.state is not LoginState.ONLINE:
            raise NotConnected(entry.why)
        if not chat.private:
            await self._supervisor.be_in(entry, client, chat.id)
        return client

    def at_hand(self, login: LoginID) -> Client:
        """The client that can be asked now; else it is to connect.

        Raises `NotConnected`, or `LoginError` if it is refused or connects for too long.
        """
        entry = self._entry(login)
        entry.used = entry.spoken = self._clock.monotonic()
        client = entry.calls.client
        if client is None:
            self._want(entry)
            if entry.used - entry.since > GIVEN_UP and entry.state is not LoginState.ONLINE:
                raise LoginError("It cannot be connected")
            raise NotConnected(entry.why)
        return client

    def anybody(self) -> Calls | None:
        """What is asked of any login that can be asked now."""
        every = (entry.calls for entry in self._entries.values())
        return next((calls for calls in every if calls.client is not None), None)

    def calls(self, login: LoginID) -> Calls:
        """What a lane asks of its client goes through these."""
        return self._entry(login).calls

    def end(self, login: LoginID, state: LoginState, why: str) -> None:
        """It is REFUSED in the middle, or OFFLINE until its person says something."""
        if entry := self._entries.get(login):
            self._supervisor.end(entry, state, why)

    def left(self, login: LoginID, chat: ChatID) -> None:
        """The network put this login out of a chat: where it should be in it, it enters again."""
        if (entry := self._entries.get(login)) is not None:
            entry.entered.discard(chat)
            entry.lost[chat] += 1
            entry.missing.set()

    def connecting(self, login: LoginID) -> bool:
        """Whether a login is about to be connected: the network may speak to it already."""
        entry = self._entries.get(login)
        return entry is not None and entry.state is LoginState.CONNECTING

    def state(self, login: LoginID) -> tuple[LoginState, str]:
        entry = self._entry(login)
        return entry.state, entry.why

    def _want(self, entry: Entry) -> None:
        if self.refused.off:
            raise LoginError(OFF)
        asked = self._clock.monotonic() - entry.refused_at
        if entry.state is LoginState.REFUSED and asked < REFUSED_FOR:
            raise LoginError(entry.why)
        entry.spare.clear()
        self.crowd.make_room(entry)
        self._start(entry)

    def _start(self, entry: Entry) -> None:
        entry.wanted = True
        if self._tasks is None or (entry.task is not None and not entry.task.done()):
            return
        self._supervisor.move(entry, LoginMove.WANTED)
        entry.task = self._tasks.create_task(self._supervisor.supervise(entry), name="login")

    async def _settled(self, entry: Entry) -> None:
        while entry.state is not LoginState.ONLINE:
            if entry.state is LoginState.REFUSED:
                raise LoginError(entry.why)
            if self.refused.off:
                raise LoginError(OFF)
            entry.changed.clear()
            await entry.changed.wait()

    def touch(self, login: LoginID) -> None:
        """Something was said to this login: it is not idle."""
        if entry := self._entries.get(login):
            entry.used = entry.spoken = self._clock.monotonic()
