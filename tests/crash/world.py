"""The fake homeserver, a loopback network that keeps its events, and what both show at the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bridgekit.bridge import Bridge
from bridgekit.clock import Clock
from bridgekit.configuration.settings import ChatLink
from bridgekit.ids import LoginID, NetworkName
from bridgekit.testing.crash import End, within
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.rooms import Event
from bridgekit.testing.loopback import Transcript
from bridgekit.testing.loopback.keeping import KeepingNetwork
from bridgekit.testing.rig import NETWORK, Rig
from tests.crash.matrix_side import MatrixSide, words_of
from tests.crash.network_side import network_side

CHAT = "#room"
ALIAS = "#loop_#room:example.org"
NOWHERE = "nowhere"
IN_DOUBT = "may not have been"  # every notice says so that is about what nobody can tell
FOLLOWS = (  # what is not done as nobody can tell whether there is something to do it to
    "What it refers to was not bridged.",
    "Nobody knows whether that message was sent",
)
FAR = NetworkName("far")


class LoopbackWorld:
    """Alice is in the room of a chat in which Bob is; both can do everything."""

    def __init__(
        self,
        rig: Rig,
        network: KeepingNetwork,
        far: KeepingNetwork,
        clock: Clock,
        *,
        strict: bool,
    ) -> None:
        """`far` is the other network of a room that is shared."""
        self.rig, self.network, self.far, self.hs = rig, network, far, rig.hs
        self._clock = clock
        self._strict = strict
        self.alice = rig.hs.person("alice")
        self.bob = rig.network.person("bob")
        self.room = ""
        self._words: dict[str, str] = {}
        rig.hs._world.on_event.append(self._note)

    def _note(self, _room: object, event: Event) -> None:
        target = self._words.get(event.redacts or "")
        named = words_of({"type": event.type, "content": event.content})
        self._words[event.id] = f"deletion of {target}" if target else named

    def bridge(self, folder: Path) -> Bridge:
        # As Synapse does when it is restarted: what is sent again is not known by its ID.
        self.hs._world.answered.clear()
        self.rig.database = f"sqlite:///{folder / 'bridge.db'}"
        rng = random.Random(7)  # the same back-off in every run
        return Bridge(self.rig.config, self._clock, rng)

    async def both_spoke(self) -> None:
        """Logins are connected, ghosts are there."""
        await self.join()
        await self.bob.say(CHAT, "hello", id="hello")
        await self.seen("hello")
        await self.alice.say(self.room, "good day")
        await self.heard("good day")

    # Waiting.

    async def join(self) -> str:
        """Enter the room, which may not be there yet, or not be found while the bridge is away."""
        while not self.room:
            try:
                self.room = await self.alice.join(ALIAS)
            except MatrixError:
                await asyncio.sleep(1)
        return self.room

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once this holds on one of the sides."""
        while not condition():  # noqa: ASYNC110 (either side may change, and time costs nothing)
            await asyncio.sleep(0.25)

    async def seen(self, body: str) -> str:
        """The ID of the event with this text, once it is there."""
        event = await self.alice.wait_for(
            self.room, lambda event: event["content"].get("body") == body
        )
        return str(event["event_id"])

    async def invited(self) -> str:
        """The room that Alice is invited to."""
        rooms = self.hs._world.rooms
        me = self.alice.user_id
        await self.until(lambda: any(one.membership(me) == "invite" for one in rooms.values()))
        return next(name for name, one in rooms.items() if one.membership(me) == "invite")

    def state(self, kind: str) -> dict[str, Any]:
        """The content of a state event of the room."""
        return self.hs._world.rooms[self.room].content(kind)

    async def heard(self, text: str, chat: Transcript | None = None) -> str:
        """The network's ID of the message with this text, once it is there.

        Where nobody can tell whether it is sent, its sender hears so instead: `NOWHERE`.
        """
        found = chat or self.network.chat(CHAT)
        await self.until(
            lambda: text in [one.text for one in found.messages.values()] or self.told(text)
        )
        try:
            return found.with_text(text).id
        except LookupError:
            return NOWHERE

    def told(self, text: str) -> bool:
        """Whether somebody was told what may have become of what they said."""
        return any(within(text, subject) for room in self._rooms() for subject, _ in room.notices())

    def _rooms(self) -> list[MatrixSide]:
        return [
            MatrixSide(self.hs, room, f"matrix {number}", self._words)
            for number, room in enumerate(self.hs._world.rooms.values())
        ]

    async def end(self) -> End:
        rooms = self._rooms()
        said, facts = network_side("network", self.network)
        far_said, far_facts = network_side("far", self.far)
        notices = [notice for room in rooms for notice in room.notices()]
        trouble = [f"told twice: {one}" for one, count in Counter(notices).items() if count > 1]
        doubts = [] if self._strict else in_doubt(notices)
        trouble += [f"told: {one}" for one in notices if one not in doubts]
        left = self.network.unacknowledged + self.far.unacknowledged
        trouble += [f"{left} events were never acknowledged"] if left else []
        return End(
            said={**{room.name: room.said() for room in rooms}, **said, **far_said},
            facts=sorted([*(fact for room in rooms for fact in room.facts()), *facts, *far_facts]),
            told=sorted({subject for subject, _ in doubts}),
            trouble=trouble,
        )


def in_doubt(notices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that may be there after a crash: of what nobody can tell, and what follows from it."""
    doubts = [notice for notice in notices if IN_DOUBT in notice[1]]
    following = [one for one in notices if any(words in one[1] for words in FOLLOWS)]
    return [*doubts, *following] if doubts else []


@asynccontextmanager
async def loopback_world(
    folder: Path,
    clock: Clock,
    *,
    strict: bool,
    network: dict[str, Any],
    shared: bool = False,
    **config: Any,
) -> AsyncIterator[LoopbackWorld]:
    """`shared`: the room is Alice's own, and also that of a chat of another network."""
    names = (NETWORK, FAR) if shared else (NETWORK,)
    rig = Rig(folder, clock, homeserver_clock=clock, networks=names, **config)
    kept, far = KeepingNetwork(**network), KeepingNetwork(**network, first=LoginID("far:bot"))
    rig.networks = dict(zip(names, (kept, far), strict=False))
    rig.network = kept
    async with rig:
        world = LoopbackWorld(rig, kept, far, clock, strict=strict)
        if shared:
            everybody = {"users_default": 100}
            world.room = await world.alice.create_room(
                preset="public_chat", power_level_content_override=everybody
            )
            rig.links = (ChatLink(chat=CHAT, room=world.room),)
            rig.other_links = {FAR: (ChatLink(chat=CHAT, room=world.room),)}
        yield world
