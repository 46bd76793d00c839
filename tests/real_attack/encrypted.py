"""`kill -9` of the bridge, and restarts of Synapse, while both sides talk in encrypted rooms.

Alice's client is matrix-nio: what it cannot read is counted as it says so, and the places of keys
as the rooms have them. The network repeats what was not acknowledged, so all that is said arrives.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nio import EncryptionError, MegolmEvent, RoomCreateResponse, RoomMessage, RoomPreset
from vodozemac import MegolmMessage

from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.servers import Process, Synapse, free_port, synapse
from tests.integration.nio_client import ENCRYPTED, NioPerson, nio_person
from tests.real_attack.deadline import last_words, noting
from tests.real_attack.flow import Flow, judged
from tests.real_attack.report import Report
from tests.real_attack.stage import (
    DOMAIN,
    bridge_process,
    configuration,
    registration_of,
)
from tests.real_attack.wire import Wire, wire

NAME = "wire"
CHATS = ("#c0", "#c1", "#c2")
BOT = f"@bridgebot:{DOMAIN}"
KILLS, RESTARTS = 10, 2
EVERYTHING = {"room": {"timeline": {"limit": 10_000}}}
PAGE = "1000"


@dataclass(slots=True)
class Place:
    """As a `Stage`: with Synapse for the fake homeserver, and a client of encrypted rooms."""

    hs: Synapse
    bridge: Process
    person: NioPerson
    wires: Mapping[str, Wire]
    changes: Changes
    starter: Executor
    rooms: dict[tuple[str, str], str]
    shown: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    notices: list[str] = field(default_factory=list)
    unread: list[tuple[str, MegolmEvent]] = field(default_factory=list)
    late: int = 0
    sent: int = 0
    quiet: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Who holds it has alice say nothing."""

    @property
    def alice(self) -> Place:
        return self

    async def say(self, room: str, text: str) -> None:
        async with self.quiet:
            await self.person.say(room, text)
            self.sent += 1

    def told(self, room: str) -> list[str]:
        """Of nothing that is said here nobody can tell whether it has arrived."""
        del room
        return []

    async def until(self, condition: Callable[[], object]) -> None:
        async for _ in self.changes.each():
            if condition():
                return

    def listen(self) -> None:
        client = self.person.client
        client.add_event_callback(self._saw, RoomMessage)
        client.add_event_callback(self._could_not, MegolmEvent)

    async def _saw(self, room: Any, event: Any) -> None:
        self._show(room.room_id, event)

    async def _could_not(self, room: Any, event: MegolmEvent) -> None:
        self.unread.append((room.room_id, event))

    def _show(self, room: str, event: Any) -> None:
        if event.sender == BOT:
            self.notices.append(event.body)
        elif event.sender != self.person.user_id:
            self.shown[room].append(event.body)
        self.changes.notify()

    def try_again(self) -> None:
        """As clients do: a key may have come since."""
        waiting, self.unread = self.unread, []
        for room, event in waiting:
            try:
                found = self.person.client.decrypt_event(event)
            except EncryptionError:
                self.unread.append((room, event))
            else:
                self.late += 1
                self._show(room, found)

    # What goes wrong.

    async def kill(self) -> None:
        """`kill -9`, and a start."""
        await asyncio.to_thread(self.bridge.kill)
        await asyncio.get_running_loop().run_in_executor(self.starter, self.bridge.start)

    async def restart_homeserver(self, heard: Callable[[], int]) -> None:
        """Alice says nothing meanwhile, and all that she said was taken: else her client, too,
        would have to find out what became of it, and what Synapse has not pushed is in its memory
        only. What the bridge is just sending is cut off.
        """
        async with self.quiet:
            await self.until(lambda: heard() >= self.sent)
            await asyncio.get_running_loop().run_in_executor(self.starter, self.hs.restart)

    # What is in the rooms.

    async def places(self) -> Counter[tuple[str, int]]:
        """How many events of the bridge were encrypted with each place of each key."""
        found: Counter[tuple[str, int]] = Counter()
        for room in self.rooms.values():
            async for content in self._secrets(room):
                place = MegolmMessage.from_base64(content["ciphertext"]).message_index()
                found[content["session_id"], place] += 1
        return found

    async def _secrets(self, room: str) -> AsyncIterator[dict[str, Any]]:
        client = self.person.client
        only = json.dumps({"types": ["m.room.encrypted"], "not_senders": [client.user_id]})
        query = {"dir": "b", "limit": PAGE, "filter": only, "access_token": client.access_token}
        path = f"{client.homeserver}/_matrix/client/v3/rooms/{room}/messages"
        while True:
            async with client.client_session.get(path, params=query) as response:
                page = await response.json()
            for event in page["chunk"]:
                if event["content"]:
                    yield event["content"]
            if "end" not in page:
                return
            query["from"] = page["end"]


async def kill_9(folder: Path, size: int, seed: int) -> Report:
    """`size` messages each way."""
    report, rng = Report("kill -9, encrypted, Synapse"), random.Random(seed)
    logging.getLogger("nio").setLevel(logging.CRITICAL)  # it says how often it tries again
    async with _staged(folder) as place:
        flow = Flow(place, rng)  # type: ignore[arg-type]  # it has what a flow asks of a stage
        trying = asyncio.create_task(_trying(place))
        # Everybody is there: when somebody comes just as nio shares a key, it fails.
        for key in place.rooms:
            flow.bob_says(key, 3)
        await flow.caught_up()
        try:
            async with judged(report, flow), asyncio.TaskGroup() as group:
                group.create_task(_troubling(place, flow, rng, size))
                group.create_task(flow.talk(size))
        finally:
            trying.cancel()
        places = await place.places()
        again = [place for place, count in places.items() if count > 1]
        report.require(not again, f"{len(again)} places of keys were used more than once")
        report.require(not place.unread, f"alice cannot read {len(place.unread)} events")
        report.require(not place.notices, f"the bridge said {place.notices[:3]}")
        report.note = (
            f"{KILLS} kills, {RESTARTS} restarts of Synapse, seed {seed}; {len(place.unread)} "
            f"events could not be read, {place.late} not at once; {len(again)} of {len(places)} "
            f"places of {len({session for session, _ in places})} keys were used again"
        )
    return report


async def _troubling(place: Place, flow: Flow, rng: random.Random, size: int) -> None:
    moments = sorted(rng.sample(range(10, 2 * size - 10), KILLS + RESTARTS))
    restarts = {len(moments) // 3, 2 * len(moments) // 3}
    for number, moment in enumerate(moments):
        await flow.until_arrived(moment)
        await asyncio.sleep(rng.random() * 0.05)
        if number in restarts:
            await place.restart_homeserver(lambda: flow.heard)
        else:
            await place.kill()


async def _trying(place: Place) -> None:
    """Alice's client tries again now and then."""
    while True:
        await asyncio.sleep(1)  # a client has a timer for it, too
        place.try_again()


@asynccontextmanager
async def _staged(folder: Path) -> AsyncIterator[Place]:
    """Everything at work; alice and the bot are in the rooms, which are encrypted."""
    async with AsyncExitStack() as stack:
        starter, changes = stack.enter_context(ThreadPoolExecutor(1)), Changes()
        network = await stack.enter_async_context(wire(changes))
        port, config = free_port(), folder / "config.yaml"
        server = stack.enter_context(_homeserver(folder, config, port, network))
        account = await asyncio.to_thread(server.accounts.get, "alice")
        alice = await stack.enter_async_context(nio_person(folder / "nio", server.url, account))
        alice.filter = EVERYTHING
        rooms = {(NAME, chat): await _encrypted_room(alice) for chat in CHATS}
        bridge = bridge_process(folder, config, port)
        _configure(config, server.url, port, network, rooms)
        stack.push_async_callback(asyncio.to_thread, bridge.stop)
        place = Place(server, bridge, alice, {NAME: network}, changes, starter, rooms)
        stack.enter_context(noting(lambda: last_words(bridge.log)))
        place.listen()
        await asyncio.get_running_loop().run_in_executor(starter, bridge.start)
        for room in rooms.values():
            await alice.until(lambda room=room: BOT in alice.client.rooms[room].users)
        yield place


def _homeserver(folder: Path, config: Path, port: int, network: Wire) -> Any:
    """Synapse, which knows the bridge that is configured so."""
    own = free_port()
    bridge_process(folder, config, port)  # for its adapter, without which it has no configuration
    _configure(config, f"http://127.0.0.1:{own}", port, network, {})
    file = folder / "registration.json"
    file.write_text(json.dumps(registration_of(folder, config)), encoding="utf-8")
    return synapse(folder / "synapse", [file], domain=DOMAIN, port=own)


def _configure(
    config: Path, url: str, port: int, network: Wire, rooms: Mapping[tuple[str, str], str]
) -> None:
    links = json.dumps([{"chat": chat, "room": room} for (_, chat), room in rooms.items()])
    row = f"  {NAME}: {{adapter: wire, port: {network.port}, links: {links}}}\n"
    text = configuration(url, port, row, more="encryption: {mode: allow}\n")
    config.write_text(text, encoding="utf-8")


async def _encrypted_room(alice: NioPerson) -> str:
    answer = await alice.client.room_create(
        preset=RoomPreset.public_chat,
        initial_state=[{**ENCRYPTED, "state_key": ""}],
        power_level_override={"users": {BOT: 100}},  # beside her own, as its creator
    )
    assert isinstance(answer, RoomCreateResponse), answer
    room = str(answer.room_id)
    await alice.until(lambda: room in alice.client.rooms and alice.client.rooms[room].encrypted)
    return room
