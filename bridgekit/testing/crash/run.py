"""One run of a scenario: the bridge is started, killed where it is asked for, started again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from bridgekit.testing.crash.database import Files
from bridgekit.testing.crash.domain import Domain
from bridgekit.testing.crash.loop import CrashLoop, LoopClock
from bridgekit.testing.crash.points import Line, Moment, Places, Point, beginnings
from bridgekit.testing.crash.scenario import End, Scenario, World
from bridgekit.testing.crash.traces import Traces

DOWN = 1.0  # seconds for which a bridge that was killed is away
LONGEST = 3600.0  # seconds that a scenario may take
QUIET = 300.0  # seconds after which nothing happens any more
BACK = 60.0  # seconds in which a bridge that was killed last of all is back at work


class Ended(Exception):  # noqa: N818 (a finding)
    """The bridge stopped by itself."""


class Run:
    """`dies` is asked at every point whether the bridge dies there: it may fork to say both.

    `over` is asked after each death whether it was the last: then nobody watches any more.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        dies: Callable[[Run, Point], bool],
        over: Callable[[Sequence[Point]], bool],
        code: Sequence[Path] = (),
    ) -> None:
        self._scenario, self._folder, self._dies, self._over = scenario, folder, dies, over
        self._places = Places(*code)
        self._traces = Traces(beginnings(code))
        self._files = Files(folder / "home")
        self._attacked = False
        self._log_size = 0
        self._half: int | None = None
        self._kept = 0  # of the log: what follows of it is half a transaction, and so nothing
        self._domain = Domain(self._passes)
        self._died, self._stop = asyncio.Event(), asyncio.Event()
        self._graves: list[Domain] = []
        self.left = self.home
        self.crashes: list[Point] = []
        self.points = 0

    @property
    def home(self) -> Path:
        """Where the database of the present bridge is."""
        return self._files.folder

    def end(self) -> End:
        """Play it to its end. Raises `Ended`, `Standstill`, or what the scenario raises."""
        loop = CrashLoop()
        watched = nullcontext() if self._over(self.crashes) else self._traces.watched()
        try:
            with watched:
                return loop.run_until_complete(self._play())
        finally:
            if not self.crashes:  # else this process ends here, and everything with it
                self._attacked = False
                loop.run_until_complete(_all_over())
                self._files.close()
            loop.close()

    async def _play(self) -> End:
        async with self._scenario.world(self._folder, LoopClock()) as world:
            keeping = asyncio.create_task(self._keep(world))
            playing = asyncio.create_task(self._whole(world))
            await asyncio.wait({keeping, playing}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                keeping.result()  # it raises what ended the bridge
            end = playing.result()
            if not self.crashes:
                self._stop.set()
                await keeping
            return end

    async def _whole(self, world: World) -> End:
        async with asyncio.timeout(LONGEST):
            await world.prepare()
            self._log_size = self._files.log_size
            self._attacked = True
            await world.play()
        await asyncio.sleep(QUIET)
        self._attacked = False
        await asyncio.sleep(BACK)
        return await world.end()

    async def _keep(self, world: World) -> None:
        """Have a bridge run until the end, again after each kill."""
        self.home.mkdir()
        while True:
            self._died = asyncio.Event()
            self._places.forget()
            self._domain = Domain(None if self._over(self.crashes) else self._passes)
            bridge = self._domain.start(world.bridge(self.home).run(self._stop))
            died = asyncio.create_task(self._died.wait())
            await asyncio.wait({bridge, died}, return_when=asyncio.FIRST_COMPLETED)
            if bridge.done():
                died.cancel()
                if not self._stop.is_set() or bridge.exception():
                    raise Ended("the bridge stopped by itself") from bridge.exception()
                return
            await asyncio.sleep(DOWN)

    def _passes(self, lines: Sequence[Line], moment: Moment) -> None:
        if not self._attacked:
            return
        point = self._places.of(lines, moment)
        if point is None:
            return
        before, now = self._log_size, self._files.log_size
        if moment is Moment.HALF and not (point.commits and before < now):
            return  # there is nothing to be cut in half
        self._half, self._kept, self._log_size = None, now, now
        if moment is Moment.HALF:
            self._half = (before + now) // 2
            self._kept = self._half if self._files.ends_one(before, self._half) else before
        self.points += 1
        self._traces.count += moment is Moment.DONE  # a thread may have written anything
        if self._dies(self, point):
            self._die(point)

    @property
    def traces(self) -> object:
        """Until the first death; if equal to those of a moment ago, a kill leaves the same."""
        return self._traces.count, self._kept, asyncio.get_running_loop().time()

    def leave(self) -> None:
        """Copy what a kill at this moment leaves: the next bridge starts from that."""
        self.left = self._folder / f"left-{os.getpid()}-{self.points}"
        self._files.copy(self.left, self._half)

    def _die(self, point: Point) -> None:
        self._traces.ignore()
        self.crashes.append(point)
        self._files = Files(self.left)
        self._graves.append(self._domain)  # what is freed would be closed, and that has effects
        self._domain.kill()
        self._died.set()


async def _all_over() -> None:
    """As `asyncio.run` does it: what a fake network is still about ends before its loop does."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
