"""The logins of one network: who connects when, what ends a connection, and what comes after."""

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
from bridgekit.logins import Logins, NotConnected, Watch
from bridgekit.supports import SupportsChats
from bridgekit.testing.clock import VirtualClock, settle

BOT, ALICE = LoginID("bot"), LoginID("alice")
ROOM = Chat(ChatID("#room"))
PRIVATE = Chat(ChatID("bob"), private=True)


class Client(SupportsChats):
    """A connection whose end and whose chats the test decides."""

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
            Watch(self.released.append, self._moved, self._identified, lambda _: self.chats),
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


async def test_own_logins_connect_with_the_network_and_others_when_wanted(stage):
    stage.alice()
    await stage.run()
    assert stage.world.connects == [BOT]
    client = await stage.logins.ready(ALICE, PRIVATE, 10)
    assert client is stage.world.clients[ALICE]
    assert stage.world.connects == [BOT, ALICE]


async def test_what_is_wanted_before_the_network_is_up_connects_with_it(stage):
    stage.alice()
    ready = stage.group.create_task(stage.logins.ready(ALICE, PRIVATE, 10))
    await settle()
    await stage.run()
    assert (await ready).me == ALICE


async def test_rule_10_no_more_patience_than_asked_for(stage):
    stage.world.gate = asyncio.Event()
    await stage.run()
    began = stage.clock.monotonic()
    ready = stage.group.create_task(_outcome(stage.logins.ready(BOT, PRIVATE, 10)))
    await stage.clock.advance(9.9)
    assert not ready.done()
    await stage.clock.advance(0.1)
    assert await ready == "not connected"
    assert stage.clock.monotonic() - began == 10
    with pytest.raises(NotConnected):  # none at all: at once, with a clock that stands still
        await stage.logins.ready(BOT, PRIVATE, 0)


async def test_one_that_connects_in_the_very_moment_that_patience_ends_is_ready(stage):
    """Else its job would step aside after the wake-up, and nothing would wake it."""
    stage.world.gate = asyncio.Event()
    await stage.run()

    async def ask() -> str:
        answer = await _outcome(stage.logins.ready(BOT, PRIVATE, 10))
        return f"{answer}, {len(stage.released)} wake-ups before"

    ready = stage.group.create_task(ask())
    await settle()
    stage.clock.call_later(10, stage.world.gate.set)
    await stage.clock.advance(10)
    assert await ready in ("not connected, 0 wake-ups before", f"{BOT}, 1 wake-ups before")
    assert stage.released == [BOT]


async def test_rule_10_a_refusal_fails_all_who_wait_and_is_believed_for_a_while(stage):
    stage.world.gate = asyncio.Event()
    stage.world.trouble = [LoginError("Closed.")]
    await stage.run()
    waiting = [
        stage.group.create_task(_outcome(stage.logins.ready(BOT, PRIVATE, 10))) for _ in range(3)
    ]
    await settle()
    stage.world.gate.set()
    assert [await one for one in waiting] == ["Closed."] * 3
    assert stage.state(BOT) == "refused"
    assert stage.released == [BOT]
    await stage.clock.advance(299)
    assert await _outcome(stage.logins.ready(BOT, PRIVATE, 10)) == "Closed."
    assert stage.world.connects == [BOT]
    await stage.clock.advance(2)
    # The very first that asks afterwards gets the new answer.
    assert await _outcome(stage.logins.ready(BOT, PRIVATE, 10)) == BOT


async def _outcome(ready: Any) -> str:
    try:
        return str((await ready).me)
    except NotConnected:
        return "not connected"
    except (LoginError, RetryLater, Rejected) as error:
        return str(error)


async def test_a_refusal_in_the_middle_ends_the_connection(stage):
    await stage.run()
    stage.logins.refuse(BOT, "Banned.")
    await settle()
    assert stage.world.clients == {}
    assert stage.state(BOT) == "refused"
    assert await _outcome(stage.logins.ready(BOT, PRIVATE, 10)) == "Banned."
    stage.logins.refuse(BOT, "Again.")  # late news change nothing


async def test_a_connection_that_breaks_while_it_is_refused_stays_refused(stage):
    await stage.run()
    stage.world.breaks_when_left = True
    stage.logins.refuse(BOT, "Banned.")
    await settle()
    assert stage.state(BOT) == "refused"
    assert stage.world.lifespans == 1  # and the network lives on


@pytest.mark.parametrize(
    "end", [None, ConnectionError("x"), RetryLater("x", after=3), ExceptionGroup("x", [OSError()])]
)
async def test_what_drops_is_connected_again_with_growing_pauses(stage, end):
    await stage.run()
    for _ in range(3):
        client = stage.world.clients[BOT]
        if end is None:
            client.end.set_result(None)
        else:
            client.end.set_exception(end)
        await settle()
        assert stage.state(BOT) == "backoff"
        await stage.clock.advance(5)
        assert stage.state(BOT) == "online"
    assert len(stage.world.connects) == 4
    assert stage.released == [BOT] * 4


async def test_a_refusal_out_of_the_connection_stops_it(stage):
    await stage.run()
    stage.world.clients[BOT].end.set_exception(LoginError("Your token was revoked."))
    await settle()
    assert stage.state(BOT) == "refused"
    assert stage.released == [BOT, BOT]


async def test_pauses_grow_while_nothing_connects(stage):
    stage.world.trouble = [ConnectionError("no")] * 8
    await stage.run()
    await stage.clock.advance(100)
    few = len(stage.world.connects)
    assert 6 <= few <= 8
    await stage.clock.advance(300)
    assert stage.state(BOT) == "online"


async def test_a_login_of_a_person_closes_when_idle_and_the_bridges_own_never(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    await stage.clock.advance(400)
    stage.logins.touch(ALICE)
    await stage.clock.advance(599)
    assert stage.state(ALICE) == "online"
    await stage.clock.advance(2)
    assert (stage.state(ALICE), stage.state(BOT)) == ("offline", "online")
    await stage.logins.ready(ALICE, PRIVATE, 10)
    assert stage.state(ALICE) == "online"


async def test_one_that_waited_longer_than_the_idle_time_is_not_closed_as_it_connects(stage):
    stage.alice()
    stage.world.gate = asyncio.Event()
    await stage.run()
    await _outcome_after(stage, 0)
    await stage.clock.advance(2000)
    stage.world.gate.set()
    await settle()
    assert stage.state(ALICE) == "online"


async def _outcome_after(stage: Stage, patience: float) -> str:
    return await _outcome(stage.logins.ready(ALICE, PRIVATE, patience))


async def test_a_network_that_fails_comes_back_with_its_logins(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    for _ in range(2):
        stage.world.down.set_exception(OSError("the socket is gone"))
        await settle()
        assert (stage.state(BOT), stage.state(ALICE)) == ("offline", "offline")
        await stage.clock.advance(1)
        assert (stage.state(BOT), stage.state(ALICE)) == ("online", "online")
    assert stage.world.lifespans == 3


async def test_a_network_that_comes_back_opens_no_login_that_was_idle(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    await stage.clock.advance(601)
    assert stage.state(ALICE) == "offline"
    stage.world.down.set_exception(OSError("the socket is gone"))
    await stage.clock.advance(5)
    assert (stage.state(BOT), stage.state(ALICE)) == ("online", "offline")


async def test_who_asks_while_the_network_is_down_gets_its_login_when_it_is_back(stage):
    await stage.run()
    stage.world.breaks_when_left = True
    stage.world.down.set_exception(OSError("the socket is gone"))
    await settle()
    ready = stage.group.create_task(stage.logins.ready(BOT, PRIVATE, 10))
    await stage.clock.advance(1)
    assert (await ready).me == BOT
    stage.world.breaks_when_left = False


async def test_a_network_that_is_set_up_wrongly_fails_what_waits_for_it(stage):
    stage.world.wrong = ConfigError("networks.net.port: is taken")
    ready = stage.group.create_task(_outcome(stage.logins.ready(BOT, PRIVATE, 10)))
    await stage.run()
    assert "until the operator mends its configuration" in await ready
    assert "until the operator" in await _outcome(stage.logins.ready(BOT, PRIVATE, 10))
    assert stage.released == [BOT]


async def test_a_chat_is_entered_once_per_connection_before_anything_is_said(stage):
    await stage.run()
    for _ in range(2):
        await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")]
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(5)
    await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")] * 2


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        (Rejected("You are banned."), Rejected),
        (LoginError("No"), LoginError),
        (RetryLater("Slowly"), RetryLater),
        (ConnectionError("gone"), RetryLater),
        (TimeoutError(), RetryLater),
    ],
)
async def test_what_keeps_a_login_out_of_a_chat_is_never_taken_for_a_send(stage, trouble, raised):
    await stage.run()
    stage.world.enters = [trouble]
    with pytest.raises(raised):
        await stage.logins.ready(BOT, ROOM, 10)
    await stage.logins.ready(BOT, ROOM, 10)


async def test_an_answer_to_the_connection_before_does_not_count_for_this_one(stage, monkeypatch):
    await stage.run()
    gate = asyncio.Event()

    async def slow(*_: object) -> None:
        await gate.wait()

    monkeypatch.setattr(Client, "enter", slow)
    asking = stage.group.create_task(_outcome(stage.logins.ready(BOT, ROOM, 10)))
    await settle()
    monkeypatch.undo()
    stage.world.clients[BOT].end.set_result(None)
    await stage.clock.advance(5)
    gate.set()
    await asking
    await stage.logins.ready(BOT, ROOM, 10)
    assert stage.world.asked == [(BOT, "#room")]


async def test_the_listener_is_in_its_chats_and_asks_again_while_it_may(stage):
    stage.chats = [ROOM, Chat(ChatID("#banned")), Chat(ChatID("#busy"))]
    stage.world.enters = [None, Rejected("banned"), RetryLater("throttled", after=7)]
    await stage.run()
    assert len(stage.world.asked) == 3
    await stage.clock.advance(6)
    assert len(stage.world.asked) == 3
    await stage.clock.advance(1)
    assert stage.world.asked[3:] == [(BOT, "#busy")]
    await stage.clock.advance(10_000)
    assert len(stage.world.asked) == 4  # the ban is believed while the connection lasts


async def test_one_that_is_put_out_of_its_chat_enters_again_ever_more_slowly(stage):
    stage.chats = [ROOM]
    await stage.run()
    waits = []
    for _ in range(4):
        began, asked = stage.clock.monotonic(), len(stage.world.asked)
        stage.logins.left(BOT, ROOM.id)
        while len(stage.world.asked) == asked:
            await stage.clock.advance(0.25)
        waits.append(stage.clock.monotonic() - began)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


async def test_an_identity_of_ours_is_known_for_a_while_after_its_connection(stage):
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, PRIVATE, 10)
    assert stage.logins.is_our_echo(RemoteUserID(ALICE))
    await stage.clock.advance(601)
    assert stage.state(ALICE) == "offline"
    assert stage.logins.is_our_echo(RemoteUserID(ALICE))
    await stage.clock.advance(60)
    assert not stage.logins.is_our_echo(RemoteUserID(ALICE))
    assert not stage.logins.is_our_echo(None)


@pytest.mark.parametrize("breaks", [True, False])
async def test_the_end_leaves_no_task_and_no_connection(stage, breaks):
    before = asyncio.all_tasks()
    stage.alice()
    await stage.run()
    await stage.logins.ready(ALICE, ROOM, 10)
    stage.world.breaks_when_left = breaks
    stage.task.cancel()
    await asyncio.wait([stage.task])
    assert stage.world.clients == {}
    assert asyncio.all_tasks() <= before
    assert (stage.state(BOT), stage.state(ALICE)) == ("offline", "offline")
