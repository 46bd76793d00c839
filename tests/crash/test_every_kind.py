"""Every kind of event is in a play: as what really passed the bridge while nobody disturbed it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from bridgekit.clock import Clock
from bridgekit.events import Content, Delivery, Moved, Poll, RemoteEvent, Unsupported
from bridgekit.testing.crash import Attack, nowhere
from bridgekit.testing.crash.scenario import World
from bridgekit.testing.loopback import LoopbackNetwork
from tests.crash.commanding import Commanding
from tests.crash.kinds import IN_SECRET, TO_MATRIX, TO_NETWORK, Holds
from tests.crash.scenarios import PLAYS, SCENARIOS, SECRET, OnLoopback
from tests.crash.world import LoopbackWorld
from tests.crash.wrapped import Wrapped

DOCS = Path(__file__).parents[2] / "docs"
NEVER_SAID = {Unsupported, Delivery, Moved}  # to a network


@dataclass(slots=True)
class Watched(Wrapped):
    """`names` are those that people of the network took."""

    names: list[str | None] = field(default_factory=list)
    to_network: list[Any] = field(default_factory=list)

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        async with self.scenario.world(folder, clock) as world:
            seen: LoopbackWorld = world.world  # type: ignore[attr-defined]
            seen.hs.world.on_event.append(self._note)
            yield world
            self.names = [one.name for one in seen.network.users.values()]
            self.to_network += [act.event.content for act in seen.network.acts]

    def _note(self, _room: object, event: Any) -> None:
        if not event.sender.startswith(("@loop_", "@bridgebot")):
            self.to_network.append({"type": event.type, "content": event.content})


Passed = tuple[list[Any], list[Any]]
"""What was told by the network, and what it was told, with what people did on Matrix."""


@pytest.fixture(scope="module")
def seen() -> Passed:
    """Of every play."""
    return _together(OnLoopback(name, play.profiles[0]) for name, play in PLAYS.items())


@pytest.fixture(scope="module")
def seen_encrypted() -> Passed:
    """Of those in encrypted rooms."""
    plays = [one for one in SCENARIOS if isinstance(one, OnLoopback) and one.profile in SECRET]
    return _together({one.play: one for one in reversed(plays)}.values())


def _together(plays: Iterable[OnLoopback]) -> Passed:
    found = [_passed(play) for play in plays]
    return [one for each in found for one in each[0]], [one for each in found for one in each[1]]


@cache
def _passed(play: OnLoopback) -> Passed:
    to_matrix: list[Any] = []
    happen = LoopbackNetwork.happen

    def watching(network: LoopbackNetwork, event: RemoteEvent[Content], *login: Any) -> None:
        to_matrix.append(event.content)
        happen(network, event, *login)

    watched = Watched(play)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LoopbackNetwork, "happen", watching)
        assert Attack(watched, nowhere).run().bad == []
    return [*to_matrix, *watched.names], watched.to_network


def rows(heading: str) -> list[str]:
    """The first cells of the table under it."""
    text = (DOCS / "kinds.md").read_text("utf-8")
    part = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| ([^|]+?) \|", part, re.MULTILINE)[1:]


def unplayed(table: Mapping[str, Sequence[Holds]], found: Sequence[Any]) -> list[str]:
    return [
        row
        for row, conditions in table.items()
        if not all(any(holds(one) for one in found) for holds in conditions)
    ]


def test_every_kind_of_content_is_told_by_the_network(seen):
    assert {type(one) for one in seen[0]} >= set(get_args(Content))


def test_every_kind_of_content_is_told_to_the_network_that_can_be(seen):
    assert {type(one) for one in seen[1]} >= set(get_args(Content)) - NEVER_SAID


def test_every_row_of_what_goes_to_the_network_is_played(seen):
    assert set(TO_NETWORK) == set(rows("From Matrix to the network"))
    assert unplayed(TO_NETWORK, seen[1]) == []


def test_every_row_of_what_comes_from_the_network_is_played(seen):
    assert set(TO_MATRIX) == set(rows("From the network to Matrix"))
    assert unplayed(TO_MATRIX, seen[0]) == []


def test_a_row_of_which_only_a_part_was_played_is_not(seen):
    reactions = [one for one in seen[0] if not getattr(one, "removed", False)]
    assert "A reaction, and its removal" in unplayed(TO_MATRIX, reactions)


def test_all_that_is_promised_of_encrypted_rooms_is_played_there_both_ways(seen_encrypted):
    text = " ".join((DOCS / "encryption.md").read_text("utf-8").split())
    both, rest = re.findall(r"What works: (.+?), both ways; (.+?)\.", text)[0]
    assert both.split(", ") == list(IN_SECRET)
    assert [unplayed(IN_SECRET, found) for found in seen_encrypted] == [[], []]
    assert rest == "commands to the bot"
    assert any(isinstance(one, Commanding) and one.profile in SECRET for one in SCENARIOS)


def test_what_no_encrypted_play_has_is_named(seen_encrypted):
    without = [one for one in seen_encrypted[1] if not isinstance(one, Poll)]
    assert unplayed(IN_SECRET, without) == ["polls"]
