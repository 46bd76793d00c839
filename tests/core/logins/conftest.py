"""The logins of one network, whose adapter the test decides about."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bridgekit.adapter import Login, LoginState
from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.errors import ConfigError, LoginError, Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID
from bridgekit.login.logins import Logins, NotConnected, Watch
from bridgekit.supports import SupportsChats
from bridgekit.testing.clock import VirtualClock, settle

BOT, ALICE = LoginID("bot"), LoginID("alice")
ROOM = Chat(ChatID("#room"))
PRIVATE = Chat(ChatID("bob"), private=True)


class Client(SupportsChats):
    """A connection whose end and whose chats the test decides."""

    account = ""

    def __init__(self, world: World, login: Login) -> None:
        self.world, self.me = world, RemoteUserID(login.id)
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        try:
            await self.end
        finally:
            if self.world.breaks_when_left:
                raise ConnectionError("it broke while it was closed")

    async def enter(self, chat: ChatID) -> None:
        self.world.asked.append((self.me, chat))
        if self.world.enters:
            trouble = self.world.enters.pop(0)
            if trouble is not None:
                raise trouble

    async def leave(self, chat: ChatID) -> None: ...


class World(SupportsAutomaticLogin):
    """The adapter, and what happens to it."""

    idle_after = 600.0

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.connects: list[str] = []
        self.trouble: list[BaseException] = []
        self.gate: asyncio.Event | None = None
        self.leaving: asyncio.Event | None = None
        self.lifespans = 0
        self.down: asyncio.Future[None] | None = None
        self.wrong: Exception | None = None
        self.breaks_when_left = False
        self.enters: list[BaseException | None] = []
        self.asked: list[tuple[str, str]] = []

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        if self.wrong is not None:
            raise self.wrong
        self.lifespans += 1
        self.down = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._fail())
            yield
            task.cancel()

    async def _fail(self) -> None:
        await self.down

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[Client]:
        self.connects.append(login.id)
        if self.gate is not None:
            await self.gate.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        client = self.clients[login.id] = Client(self, login)
        try:
            yield client
        finally:
            if self.leaving is not None:
                await self.leaving.wait()
            del self.clients[login.id]

    def automatic_login(self, person: object) -> None: ...


class Stage:
    """The logins of `world`, run as the bridge does: entered anew after a failure."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.world, self.clock, self.group = World(), VirtualClock(), group
        self.released: list[str] = []
        self.moves: list[tuple[str, str]] = []
        self.chats: list[Chat] = []
        self.logins = Logins(
            NetworkName("net"),
            self.world,
            Watch(
                self.released.append,
                self._moved,
                self._identified,
                lambda _: [chat.id for chat in self.chats],
            ),
            self.clock,
            random.Random(1),
        )
        self.logins.add(Login(BOT, None, {}, relay=True, exclusive=True), connect=True)
        self.task: asyncio.Task[None] | None = None

    def _moved(self, login: str, state: LoginState, _why: str) -> None:
        self.moves.append((login, state.value))

    async def _identified(self, *_: object) -> None: ...

    async def run(self) -> None:
        self.task = self.group.create_task(self._run())
        await settle()

    async def _run(self) -> None:
        while True:
            try:
                await self.logins.run()
            except ConfigError:
                return
            except Exception:  # noqa: BLE001 (as the bridge does)
                await self.clock.sleep(1)

    def alice(self) -> None:
        self.logins.add(Login(ALICE, "Alice", {}, relay=False, exclusive=True), connect=False)

    def state(self, login: LoginID) -> str:
        return self.logins.state(login)[0].value


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with asyncio.TaskGroup() as group:
        stage = Stage(group)
        yield stage
        if stage.task is not None:
            stage.task.cancel()


async def outcome(ready: Any) -> str:
    try:
        return str((await ready).me)
    except NotConnected:
        return "not connected"
    except (LoginError, RetryLater, Rejected) as error:
        return str(error)
