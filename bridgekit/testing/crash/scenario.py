"""What an attack is told: how to run a bridge between two sides, what happens, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bridgekit.clock import Clock


@dataclass(frozen=True, slots=True)
class End:
    """What both sides show when all is quiet; the words are the scenario's own.

    `said`: by the name of a chat or room, in order. `facts`: whatever else is to be seen there.
    `told`: what somebody was told about that may not have arrived. Whatever has the words of one
    of these may be there or not; so let each message and each reaction have words of its own.
    """

    said: Mapping[str, Sequence[str]]
    facts: Sequence[str] = ()
    told: Sequence[str] = ()
    doubts: int = 0
    """How many were told that nobody can tell whether what they said has arrived."""
    lanes: int = 0
    """In how many places of the network the bridge speaks: a death leaves one doubt in each."""
    trouble: Sequence[str] = field(default=())
    """What must never be there, in an undisturbed run neither."""
    story: Sequence[str] = field(default=())
    """What happened, for whoever reads of a case that went wrong; nothing is judged by it."""


class Runs(Protocol):
    """As `bridgekit.bridge.Bridge`: works until `stop` is set, or until it is killed."""

    async def run(self, stop: asyncio.Event) -> None: ...


class World(Protocol):
    """Both sides, which outlive every crash of the bridge."""

    def bridge(self, folder: Path) -> Runs:
        """A bridge that is to be run; its database is `database.NAME` in `folder`."""

    async def prepare(self) -> None:
        """What is to be there before the attack begins; the bridge runs, and does not die yet."""

    async def play(self) -> None:
        """Let things happen; wait for what happens on a side, never for the bridge.

        The bridge may die at any moment, and comes back a second later.
        """

    async def end(self) -> End:
        """What there is to see, long after the last thing happened."""


class Scenario(Protocol):
    """`name` is a word, for the report and for a repetition."""

    @property
    def name(self) -> str: ...

    @property
    def events(self) -> int:
        """How many things happen, for the report."""

    def world(self, folder: Path, clock: Clock) -> AbstractAsyncContextManager[World]:
        """Entered once for each attack; all its connections go over the running loop."""
