"""Points at which a kill leaves just what one a moment ago has left are attacked once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from bridgekit.clock import Clock
from bridgekit.testing.crash import Attack, End, World, everywhere, unless
from bridgekit.testing.crash.run import Run
from tests.crash.scenarios import OnLoopback
from tests.crash.wrapped import Wrapped


class InDetail(Wrapped):
    """Its story is how often the homeserver was asked what, and when it had what."""

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        async with self.scenario.world(folder, clock) as world:
            yield _InDetail(world)


class _InDetail:
    def __init__(self, world: Any) -> None:
        self._world = world
        self.bridge, self.prepare, self.play = world.bridge, world.prepare, world.play

    async def end(self) -> End:
        end = await self._world.end()
        hs = self._world.world.hs
        requests = [f"{count} {name}" for name, count in sorted(hs.requests.items())]
        rooms = hs.world.rooms.values()
        events = [f"{one.type} {one.at}" for room in rooms for one in room.events]
        return replace(end, story=[*requests, *events])


class Everything(Attack):
    """Also what is alike."""

    def _is_as_before(self, _: Run) -> bool:
        return False


def stories(attack: type[Attack], scenario: OnLoopback) -> dict[str, Sequence[str]]:
    """Of each case, in order, by where the bridge died."""
    where = unless(Event(), everywhere)  # as the command asks for it
    cases = attack(InDetail(scenario), where).run().cases
    return {case.crashes[0]: case.story for case in cases}


def test_what_counts_as_alike_goes_on_alike():
    attacked = stories(Attack, OnLoopback("repeated", "searchable"))
    every = stories(Everything, OnLoopback("repeated", "searchable"))
    assert attacked.items() <= every.items()
    last: Sequence[str] = ()
    for point, story in every.items():
        assert point in attacked or story == last, point
        last = story
    assert 1 < len(set(map(tuple, attacked.values()))) < len(attacked) < len(every)
