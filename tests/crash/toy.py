"""The smallest bridge: it takes lines from one side, keeps how many it has, and gives them on.

With `flaws` it breaks the rules that a bridge lives by.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridgekit.clock import Clock
from bridgekit.testing.crash import End
from bridgekit.testing.crash.database import NAME

LINES = ["one", "two", "three"]


@dataclass(slots=True)
class Toy:
    """`source` is what is to be taken, `acknowledged` how much of it was; `target` has it."""

    flaws: Collection[str] = ()
    acknowledged: int = 0
    target: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    last_words: int = 0
    folder: Path = Path()

    @property
    def name(self) -> str:
        return "toy"

    @property
    def events(self) -> int:
        return len(LINES)

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[Toy]:
        del folder, clock
        yield self

    def bridge(self, folder: Path) -> Toy:
        self.folder = folder
        return self

    async def prepare(self) -> None:
        """Nothing is there before."""

    async def play(self) -> None:
        while self.acknowledged < len(LINES):  # noqa: ASYNC110 (time costs nothing here)
            await asyncio.sleep(1)

    async def end(self) -> End:
        trouble = ["a dead bridge spoke"] * self.last_words
        return End({"target": list(self.target)}, told=list(self.told), trouble=trouble)

    # The bridge.

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while self.acknowledged < len(LINES):
                await self._give_on(LINES[self.acknowledged])
            await stop.wait()
        finally:
            self.last_words += 1

    async def _give_on(self, line: str) -> None:
        if "acknowledges first" in self.flaws:
            self.acknowledged += 1
        await asyncio.sleep(0)
        if "never looks" in self.flaws or line not in self.target:
            self.target.append(line)
        await asyncio.get_running_loop().run_in_executor(None, self._keep, line)
        if "acknowledges first" not in self.flaws:
            self.acknowledged += 1
        await asyncio.sleep(0)

    def _keep(self, line: str) -> None:
        with (self.folder / NAME).open("a") as file:
            file.write(f"{line}\n")
