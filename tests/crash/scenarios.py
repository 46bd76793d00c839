"""What happens while the bridge is attacked: every kind of event, in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridgekit.clock import Clock
from bridgekit.supports import Absence
from bridgekit.testing.crash import Allowed, End
from bridgekit.testing.crash.scenario import World
from tests.crash import (
    carrying,
    chats,
    chatting,
    commanding,
    corners,
    encrypting,
    irc,
    lending,
    noticing,
    people,
    restoring,
    rooms,
    signing_in,
    wording,
)
from tests.crash.on_irc import SERVERS, OnIRC
from tests.crash.world import LoopbackWorld, loopback_world

PROFILES: Mapping[str, Mapping[str, Any]] = {
    "idempotent": {"idempotent": True},
    "searchable": {"remembers": Absence.ABSENT},
    "plain": {},
    "cursors": {"idempotent": True, "cursors": True},
    "encrypted": {"idempotent": True},
    "encrypted-plain": {},
    "ghosts": {"idempotent": True},
}
SECRET = {"encrypted": "none", "encrypted-plain": "none", "ghosts": "all"}
"""Where Alice's client encrypts, and so does the bridge; which ghosts have devices of their own."""
Act = Callable[[LoopbackWorld], Awaitable[None]]


EVERY = ("idempotent", "searchable", "plain")
DOUBTING = ("searchable", "plain")  # a send is in doubt in both, and what follows is not the same
ONE = ("searchable",)  # where the bridge sends nothing that could be in doubt, or hardly anything
ENCRYPTED = ("encrypted",)
DOUBTING_TOO = ("encrypted", "encrypted-plain")
GHOSTS = ("ghosts",)


@dataclass(frozen=True, slots=True)
class Play:
    """`events` is how many things happen; `prepare` is not attacked.

    One that prepares nothing is in a room that the bridge makes, or in Alice's, which is encrypted.
    """

    act: Act
    events: int
    profiles: Sequence[str] = DOUBTING
    prepare: Act | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the network's `LoopbackConfig`."""
    shared: bool = False
    """The room is also that of a chat of another network."""
    linked: bool = True
    """The chat has a room, as it is configured."""
    lends: bool = False
    """The bridge may speak as the people of the homeserver."""
    copied: bool = False
    """The bridge that is attacked begins on a copy of the database of an earlier one."""
    tells: Sequence[str] = ()
    """Words of the notices that belong to it."""
    perhaps: Sequence[str] = ()
    """Words of the notices that may be there after a crash."""
    sure: bool = True
    """Where a network can be searched nothing stays undecided: polls and places cannot be."""


PLAYS: Mapping[str, Play] = {
    "start": Play(chats.from_nothing, 5, ONE, prepare=chats.nothing),
    "talk": Play(chatting.talk, 10, (*EVERY, *DOUBTING_TOO)),
    "long": Play(chatting.long_texts, 4, (*EVERY, *ENCRYPTED), settings={"text_limit": 12}),
    "change": Play(chatting.change, 10, (*EVERY, *ENCRYPTED)),
    "react": Play(chatting.react, 9, (*EVERY, "cursors", *ENCRYPTED)),
    "polls": Play(chatting.polls, 10, (*DOUBTING, *ENCRYPTED), sure=False),
    "files": Play(carrying.files, 8, (*DOUBTING, *DOUBTING_TOO)),
    "files-read-later": Play(carrying.read_later, 4, ONE),
    "recordings": Play(carrying.recordings, 11, (*ONE, *ENCRYPTED)),
    "said-here": Play(wording.said_here, 8, (*ONE, *ENCRYPTED)),
    "said-there": Play(wording.said_there, 11, (*ONE, *ENCRYPTED)),
    "later-states": Play(chatting.later_states, 8, (*ONE, *ENCRYPTED)),
    "typing": Play(noticing.typing, 9, ONE),
    "reported": Play(noticing.reported, 6, ONE, tells=["was not delivered"]),
    "reported-in-private": Play(noticing.reported_in_private, 7, ONE, tells=["was not delivered"]),
    "described": Play(chats.described_there, 8, ONE),
    "describing": Play(chats.described_here, 10, prepare=rooms.linked, linked=False),
    "pins": Play(chats.pins, 6, ONE),
    "people": Play(people.coming_and_going, 10, ONE),
    "moderation": Play(people.moderation, 10, ONE),
    "putting-out": Play(people.putting_out, 5, prepare=chats.alice_may),
    "inviting": Play(people.inviting, 11, ONE, prepare=rooms.linked, linked=False),
    "names": Play(people.names_and_ranks, 6, ONE),
    "as-herself": Play(lending.on_her_telephone, 10, ONE, prepare=lending.lent, lends=True),
    "private": Play(chats.private, 4),
    "shared": Play(chats.shared, 9, ("idempotent",), prepare=chats.in_both, shared=True),
    "direct": Play(rooms.direct, 3, ONE),
    "upgraded": Play(rooms.upgraded, 6, ONE, prepare=rooms.linked, linked=False),
    "closed": Play(
        rooms.closed, 4, ONE, prepare=rooms.linked, linked=False, tells=["This room was closed"]
    ),
    "linked-anew": Play(
        rooms.linked_anew,
        11,
        ONE,
        prepare=rooms.linked,
        linked=False,
        tells=["There is no such command"],
    ),
    "moved": Play(chats.moved, 4, ONE),
    "gap": Play(corners.gap, 5, ONE),
    "gap-and-again": Play(corners.gap_and_again, 7, ONE),
    "late": Play(corners.late, 6, ONE),
    "raw": Play(corners.raw, 4, ONE),
    "lossy": Play(corners.lossy, 8, (*ONE, *ENCRYPTED)),
    "repeated": Play(corners.repeated, 6),
    "held": Play(corners.held, 6, (*DOUBTING, *ENCRYPTED)),
    "cancelled": Play(corners.cancelled, 7, (*DOUBTING, *DOUBTING_TOO)),
    "taken-back": Play(corners.taken_back, 4, (*DOUBTING, *ENCRYPTED), settings={"text_limit": 12}),
    "answered-late": Play(corners.answered_late, 6),
    "unanswered": Play(corners.unanswered, 8, (*DOUBTING, "encrypted-plain")),
    "secrets-begin": Play(
        encrypting.from_nothing, 2, ENCRYPTED, prepare=chats.nothing, linked=False
    ),
    "secrets": Play(encrypting.talk, 9, ENCRYPTED),
    "secrets-shared": Play(encrypting.devices, 9, ENCRYPTED),
    "secrets-of-two": Play(encrypting.of_two, 9, GHOSTS),
    "secrets-opened": Play(encrypting.first_words, 4, GHOSTS),
    "secrets-late": Play(encrypting.late_key, 4, ENCRYPTED),
    "restored": Play(
        restoring.restored,
        9,
        prepare=chats.nothing,
        copied=True,
        perhaps=[restoring.STOPPED],
    ),
}


@dataclass(frozen=True, slots=True)
class OnLoopback:
    """One play on a network that can do so much."""

    play: str
    profile: str

    @property
    def name(self) -> str:
        return f"{self.play}-{self.profile}"

    @property
    def events(self) -> int:
        return PLAYS[self.play].events

    @property
    def _doubts(self) -> bool:
        """Whether there is anything of which nobody can tell whether it arrived."""
        sure = self.profile == "searchable" and PLAYS[self.play].sure
        return not sure and not PROFILES[self.profile].get("idempotent")

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        play, secret = PLAYS[self.play], SECRET.get(self.profile)
        if secret and play.prepare is None:
            play = replace(play, prepare=encrypting.linked, linked=False)
        async with loopback_world(
            folder,
            clock,
            allowed=Allowed(doubt=self._doubts, meant=play.tells, perhaps=play.perhaps),
            network=dict(PROFILES[self.profile]),
            linked=play.linked,
            shared=play.shared,
            encrypted=secret,
            **play.settings,
        ) as world:
            if play.lends:
                lending.allow(world)
            if play.copied:
                world.copy = await restoring.copied(world, folder)
            yield _Played(world, play)


@dataclass(frozen=True, slots=True)
class _Played:
    world: LoopbackWorld
    play_: Play

    def bridge(self, folder: Path) -> Any:
        return self.world.bridge(folder)

    async def prepare(self) -> None:
        await (self.play_.prepare or LoopbackWorld.both_spoke)(self.world)

    async def play(self) -> None:
        await self.play_.act(self.world)

    async def end(self) -> End:
        return await self.world.end()


Attacked = OnLoopback | OnIRC | signing_in.Signing | commanding.Commanding
SCENARIOS: Sequence[Attacked] = [
    *(OnLoopback(name, profile) for name, play in PLAYS.items() for profile in play.profiles),
    *(OnIRC(name, profile) for name in irc.PLAYS for profile in SERVERS),
    *map(signing_in.Signing, signing_in.PLAYS),
    *(
        commanding.Commanding(name, profile)
        for name in commanding.PLAYS
        for profile in ("idempotent", "encrypted")
    ),
]
