"""The Matrix end of a world: Alice on the fake homeserver, and all that its rooms show at the end.

Whoever has a network of their own takes this for the other end: with the bridge of a `Rig`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.bridge import Bridge
from bridgekit.testing.crash.database import NAME
from bridgekit.testing.crash.rooms import ShownRoom, words_of
from bridgekit.testing.crash.scenario import End
from bridgekit.testing.crash.verdict import within
from bridgekit.testing.homeserver import Person
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.rooms import Event
from bridgekit.testing.rig import Rig

_ENCRYPTED = "m.room.encrypted"
IN_DOUBT = "may not have been"  # every notice says so that is about what nobody can tell
FOLLOWS = (
    # What is not done, as nobody can tell whether there is something to do it to.
    "What it refers to was not bridged.",
    "Nobody knows whether that message was sent",
    # And what is told where that shows later.
    "It was sent after all.",
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which notices people may get, by words in them; all others are trouble.

    `doubt`: of what nobody can tell, after a crash. `meant`: these belong to the play, once each.
    `perhaps`: these may be there after a crash.
    """

    doubt: bool = True
    meant: Sequence[str] = ()
    perhaps: Sequence[str] = ()


class MatrixEnd:
    """`room` is where things happen, once `enter` has found it. `alice`: with another client."""

    def __init__(self, rig: Rig, allowed: Allowed, alice: Person | None = None) -> None:
        self._rig, self._allowed = rig, allowed
        self.hs = rig.hs
        self.alice = alice or rig.hs.person("alice")
        self.room = ""
        self._ours = ("@bridgebot", *(f"@{name}_" for name in rig.config.networks))
        self._named: dict[str, str] = {}
        self._unnamed: list[Event] = []
        rig.hs.world.on_event.append(lambda _, event: self._unnamed.append(event))

    def _words(self) -> Mapping[str, str]:
        """What each event said when it was sent, as far as Alice could read it by now."""
        later: dict[str, Event] = {}
        for event in self._unnamed:
            said = self.alice.opened({**event.for_clients(0), "content": event.content})
            target = self._named.get(event.redacts or "")
            self._named[event.id] = f"deletion of {target}" if target else words_of(said)
            if said["type"] == _ENCRYPTED or event.redacts in later:
                later[event.id] = event
        self._unnamed = list(later.values())
        return self._named

    def bridge(self, folder: Path) -> Bridge:
        """As `World.bridge`."""
        # As Synapse does when it is restarted: what is sent again is not known by its ID.
        self.hs.world.answered.clear()
        self._rig.database = f"sqlite:///{folder / NAME}"
        rng = random.Random(7)  # noqa: S311 (the same back-off in every run)
        return Bridge(self._rig.config, self._rig.clock, rng)

    # Waiting.

    async def enter(self, alias: str) -> str:
        """Enter the room, which may not be there yet, or not be found while the bridge is away."""
        while not self.room:
            try:
                self.room = await self.alice.join(alias)
            except MatrixError:
                await asyncio.sleep(1)
        return self.room

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once this holds on one of the sides."""
        while not condition():
            await asyncio.sleep(0.25)  # either side may change, and time costs nothing
            await self.alice.take_mail()

    async def seen(self, body: str) -> str:
        """The ID of the event with this text, once it is there."""
        event = await self.alice.wait_for(
            self.room, lambda event: event["content"].get("body") == body
        )
        return str(event["event_id"])

    async def invited(self) -> str:
        """The room that Alice is invited to."""
        rooms = self.hs.world.rooms
        me = self.alice.user_id
        await self.until(lambda: any(one.membership(me) == "invite" for one in rooms.values()))
        return next(name for name, one in rooms.items() if one.membership(me) == "invite")

    # Looking.

    def state(self, kind: str) -> Mapping[str, Any]:
        """The content of a state event of the room."""
        return self.hs.world.rooms[self.room].content(kind)

    def shows(self, body: str, room: str = "") -> bool:
        """Whether the room, or another, has an event with this text."""
        events = [event.for_clients(0) for event in self.hs.world.rooms[room or self.room].events]
        return any(self.alice.opened(event)["content"].get("body") == body for event in events)

    def membership(self, user: str, room: str = "") -> str | None:
        return self.hs.world.rooms[room or self.room].membership(user)

    def told(self, text: str) -> bool:
        """Whether somebody was told what may have become of what they said."""
        return any(within(text, subject) for subject, _ in self._notices())

    def told_of(self, words: str) -> bool:
        """Whether a notice has these words."""
        return any(words in body for _, body in self._notices())

    def _notices(self) -> list[tuple[str, str]]:
        return [notice for room in self._shown() for notice in room.notices()]

    def _shown(self) -> list[ShownRoom]:
        words, rooms = self._words(), enumerate(self.hs.world.rooms.values())
        return [
            ShownRoom(self.hs, room, f"matrix {number}", words, self._ours, self.alice.opened)
            for number, room in rooms
        ]

    def end(
        self,
        said: Mapping[str, Sequence[str]],
        facts: Iterable[str],
        *,
        missing: Iterable[str] = (),
        trouble: Iterable[str] = (),
    ) -> End:
        """What both ends show; the arguments are what the network does, `said` for every chat.

        `missing`: what was said there and may have been lost, as it was told in the room.
        """
        rooms = self._shown()
        allowed = self._allowed
        notices = [one for one in self._notices() if not _has(one, allowed.perhaps)]
        twice = [one for one, count in Counter(notices).items() if count > 1]
        doubts = in_doubt(notices) if allowed.doubt else []
        meant = [one for one in notices if one not in doubts and _has(one, allowed.meant)]
        odd = [one for one in notices if one not in doubts and one not in meant]
        return End(
            said={**{room.name: room.said() for room in rooms}, **said},
            facts=sorted(
                [
                    *(fact for room in rooms for fact in room.facts()),
                    *(f"told of {subject}: {body}" for subject, body in meant),
                    *facts,
                ]
            ),
            told=sorted({*(subject for subject, _ in doubts), *missing}),
            doubts=sum(IN_DOUBT in body for _, body in doubts),
            lanes=len(said),
            trouble=[
                *(f"told twice: {one}" for one in twice),
                *(f"told: {one}" for one in odd),
                *(f"in plain text: {one}" for room in rooms for one in room.exposed()),
                *(f"cannot be read: {one}" for one in self.alice.unreadable),
                *trouble,
            ],
        )


def in_doubt(notices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that may be there after a crash: of what nobody can tell, and what follows from it."""
    doubts = [notice for notice in notices if IN_DOUBT in notice[1]]
    following = [one for one in notices if any(words in one[1] for words in FOLLOWS)]
    return [*doubts, *following] if doubts else []


def _has(notice: tuple[str, str], words: Iterable[str]) -> bool:
    return any(some in notice[1] for some in words)
