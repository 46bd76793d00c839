"""`kill -9` of the running bridge, with a real adapter between it and a faithful fake network.

The network is in this process, which nothing ends; a file of each network says what its far side
is. What it does wrong it does at random moments, all the while both sides talk.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bridgekit.testing.homeserver import FakeHomeserver
from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.servers import free_port
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import (
    DOMAIN,
    Stage,
    bridge_process,
    configuration,
    registration_of,
)

KILLS, SHORT = 10, 1_000  # a form with fewer messages than that has 2 kills
EVERY = 60  # messages, about, from one fault to the next
SELDOM = 20  # messages to each of what else is done
BOT = f"@bridgebot:{DOMAIN}"


class FarSide(Protocol):
    """One network as both sides' talk needs it; what changes it, it tells the homeserver's bell."""

    @property
    def chats(self) -> tuple[str, ...]:
        """As an operator writes them in `links`."""

    @property
    def heard(self) -> Mapping[str, list[str]]:
        """What was said there through the bridge, by chat, without whose words they are."""

    @property
    def texts(self) -> AbstractSet[str]:
        """All of it."""

    @property
    def settings(self) -> Mapping[str, object]:
        """Of the network in the configuration, but for `adapter` and `links`."""

    @property
    def doubts(self) -> int:
        """How many sends its faults have left in doubt, where no kill did."""

    def say(self, chat: str, sender: str, text: str) -> None:
        """Somebody says something there, whether or not the bridge is there to hear it."""

    def strike(self, rng: random.Random) -> None:
        """Do one thing wrong, soon."""


class Beside(Protocol):
    """What both sides do besides, which is judged by itself."""

    async def talk(self, count: int) -> None:
        """Do so much of it."""

    async def compare(self, report: Report) -> None:
        """Wait until it is over, and count what is wrong."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """`begin` makes the far side. `adapter` is where its class is (`module:Class`).

    `decidable`: the network knows a repeated send again, or can be asked: nothing is in doubt.
    `webhook`: it calls the bridge, which needs to know under which address. `spoken`: see `Flow`.
    """

    name: str
    adapter: str
    begin: Callable[[Changes], AbstractAsyncContextManager[FarSide]]
    decidable: bool = False
    webhook: bool = False
    beside: Callable[[Stage], Beside] | None = None
    spoken: Callable[[str], str] = str


async def kill_9(folder: Path, size: int, seed: int, *, network: Attacked) -> Report:
    """`size` messages each way, kills and faults at random moments."""
    report = Report(f"kill -9, {network.name}")
    rng = random.Random(seed)
    kills = KILLS if size >= SHORT else 2
    async with staged(folder, network) as place:
        beside = None if network.beside is None else network.beside(place)
        flow, far = Flow(place, rng, spoken=network.spoken), place.wire
        async with judged(report, flow), asyncio.TaskGroup() as group:
            group.create_task(_at(_moments(rng, size, kills), flow, rng, place.again))
            faults = _moments(rng, size, 2 * size // EVERY)
            group.create_task(_at(faults, flow, rng, lambda: _strike(far, rng)))
            group.create_task(flow.talk(size))
            if beside is not None:
                group.create_task(beside.talk(size // SELDOM))
        if beside is not None:
            await beside.compare(report)
        lanes = 0 if network.decidable else len(place.rooms)
        report.bound_doubt(kills, lanes, beside=far.doubts)
        report.note = f"{kills} kills, {2 * size // EVERY} faults, seed {seed}"
    return report


def _moments(rng: random.Random, size: int, count: int) -> list[int]:
    """By what has arrived, not by the clock, so that each falls upon work."""
    return sorted(rng.sample(range(10, 2 * size - 10), count))


async def _strike(far: FarSide, rng: random.Random) -> None:
    far.strike(rng)


async def _at(
    moments: Sequence[int],
    flow: Flow,
    rng: random.Random,
    act: Callable[[], Awaitable[None]],
) -> None:
    for moment in moments:
        await flow.until_arrived(moment)
        await asyncio.sleep(rng.random() * 0.02)
        await act()


@asynccontextmanager
async def staged(folder: Path, network: Attacked) -> AsyncIterator[Stage]:
    """Everything at work, alice in a room for each chat."""
    async with AsyncExitStack() as stack:
        starter = stack.enter_context(ThreadPoolExecutor(1))
        hs = await stack.enter_async_context(FakeHomeserver(DOMAIN))
        far = await stack.enter_async_context(network.begin(hs.world.changes))
        alice = hs.person("alice")
        levels = {"users": {BOT: 100}, "users_default": 50}
        rooms = {
            chat: await alice.create_room(preset="public_chat", power_level_content_override=levels)
            for chat in far.chats
        }
        port, config = free_port(), folder / "config.yaml"
        links = [{"chat": chat, "room": room} for chat, room in rooms.items()]
        about = {**far.settings, "adapter": "attacked", "links": links}
        row = f"  far: {json.dumps(about)}\n"
        text = configuration(hs.url, port, row, public=network.webhook)
        config.write_text(text, encoding="utf-8")
        bridge = bridge_process(folder, config, port, adapter=("attacked", network.adapter))
        hs.load_registration(registration_of(folder, config))
        stack.push_async_callback(asyncio.to_thread, bridge.stop)
        place = Stage(hs, bridge, alice, {"far": far}, config, starter)
        stack.enter_context(noting(lambda: last_words(bridge.log)))
        place.rooms |= {("far", chat): room for chat, room in rooms.items()}
        place.listen()
        await place.start()
        for room in rooms.values():
            await place.until(lambda room=room: BOT in hs.world.rooms[room].members())
        yield place
