"""What the tests of one direction share: a linked room, people in it, and what they were told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit.clock import Clock
from bridgekit.models import Outcome
from bridgekit.store.sql import Rows
from bridgekit.testing.clock import VirtualClock, settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
JSON = dict[str, Any]


class Stage:
    """A rig with the verbs of this direction; set `rig.network` up before `begin`."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.network, self.hs = rig, rig.network, rig.hs
        self.alice = rig.hs.person("alice")
        self.outcomes: list[Outcome] = []
        self.room = ""

    async def begin(self) -> str:
        """A bridge at work, and alice in the linked room."""
        await self.start()
        self.room = await self.alice.join(ALIAS)
        return self.room

    async def start(self) -> None:
        bridge = await self.rig.start()
        assert bridge.parts is not None
        self.parts = bridge.parts
        queue = self.parts.queue
        report = queue._report

        def noted(outcome: Outcome) -> None:
            self.outcomes.append(outcome)
            report(outcome)

        queue._report = noted

    async def again(self) -> None:
        """Killed, and started anew."""
        await self.rig.kill()
        await self.start()

    async def push(
        self, event_id: str, content: object, txn: str | None = None, **fields: object
    ) -> int:
        """An event of alice as a federated homeserver may have let it through; the status."""
        event = {
            "event_id": event_id,
            "room_id": self.room,
            "sender": self.alice.user_id,
            "type": "m.room.message",
            "content": content,
            "origin_server_ts": 0,
            "unsigned": {"age": 0},
            **fields,
        }
        return await self.hs.push_transaction(txn or f"of {event_id}", {"events": [event]})

    async def heard(self, *texts: str, chat: str | None = None) -> None:
        """The network has heard exactly this, in this order."""
        await self.network.wait(lambda: len(self.network.texts(chat)) >= len(texts))
        assert self.network.texts(chat) == list(texts)

    async def notice(self, containing: str, room: str = "", person: Person | None = None) -> JSON:
        """The content of the first notice with these words."""
        async with asyncio.timeout(60):
            event = await (person or self.alice).wait_for(
                room or self.room,
                lambda event: containing in event["content"].get("body", "") and told(event),
            )
        content: JSON = event["content"]
        return content

    async def notices(self, room: str = "", person: Person | None = None) -> list[str]:
        events = await (person or self.alice).events(room or self.room)
        return [event["content"]["body"] for event in events if told(event)]

    async def ended(self, count: int = 1) -> list[Outcome]:
        """The first outcomes to the network, once there are so many."""
        await self.until(lambda: len(self.to_network()) >= count)
        return self.to_network()[:count]

    def to_network(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.lane.direction == "to_network"]

    async def stored(self, sql: str, count: int) -> list[Any]:
        """The rows, once there are exactly so many."""
        async with asyncio.timeout(60):
            while len(rows := await self.rows(sql)) != count:
                await self.turn()
        return rows

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once something that the bridge keeps in memory has changed so."""
        async with asyncio.timeout(60):
            while not condition():
                await self.turn()

    async def turn(self) -> None:
        """Let everything that is due be done: one more commit, and what waits for it."""
        await self.parts.store.writer.write(Rows())
        await settle()

    async def rows(self, sql: str) -> list[Any]:
        """What the database holds."""
        from sqlalchemy import text

        return list(await self.parts.store.reader.all(text(sql)))


class Gate:
    """A fault that keeps one send waiting: `reached` when it is there; `open` lets it go on."""

    def __init__(self, then: BaseException | None = None) -> None:
        self.reached, self._open, self._then = asyncio.Event(), asyncio.Event(), then

    async def __call__(self, _event: object) -> BaseException | None:
        self.reached.set()
        await self._open.wait()
        return self._then

    def open(self) -> None:
        self._open.set()


def told(event: JSON) -> bool:
    """Whether this is a word of the bridge itself."""
    content = event["content"]
    return bool(content.get("msgtype") == "m.notice" and "dev.bridgekit.marker" not in content)


@pytest.fixture
def stage(rig) -> Stage:
    return Stage(rig)


@pytest.fixture
async def timed(tmp_path, database) -> AsyncIterator[Stage]:
    """As `stage`, with a clock that the test moves: `timed.rig.clock`."""
    async with Rig(tmp_path, VirtualClock(), database=database) as rig:
        yield Stage(rig)


@pytest.fixture
def gate() -> type[Gate]:
    return Gate


@pytest.fixture
def later(timed) -> Callable[[Callable[[], bool], Clock], Awaitable[None]]:
    async def wait(condition: Callable[[], bool], clock: VirtualClock, step: float = 0.5) -> None:
        """Let time pass until something holds; what needs a thread gets its turns in between."""
        async with asyncio.timeout(60):
            while not condition():
                await timed.turn()
                await clock.advance(step)

    return wait


@pytest.fixture
def killed(stage, gate):
    """Alice's "hello" hangs in the network, which has taken it or not, when the bridge dies."""

    async def kill(*, after: bool = True) -> str:
        room = await stage.begin()
        hold = gate()
        (stage.network.after if after else stage.network.before).append(hold)
        await stage.alice.say(room, "hello")
        await hold.reached.wait()
        return room

    return kill


class SlowLogin(asyncio.Event):
    """Alice's login connects only once this is set; `asked` once it was to connect."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def connecting(self, login: Any) -> None:
        if login.person == "alice":
            self.asked.set()
            await self.wait()


@pytest.fixture
def slow_login(timed):
    slow = SlowLogin()
    timed.network.connecting = slow.connecting
    return slow


@pytest.fixture
async def public(tmp_path, database):
    """A stage whose bridge has a public address."""
    async with Rig(tmp_path, database=database, public=True) as rig:
        yield Stage(rig)


async def status_of(url: str) -> int:
    """What the public address answers."""
    async with ClientSession() as session, session.get(url) as response:
        return response.status
