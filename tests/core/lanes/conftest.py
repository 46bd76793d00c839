"""A queue on a real store, with handlers that do as a test has told them."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bridgekit.ids import JobID, PortalID
from bridgekit.lanes.bodies import Bodies
from bridgekit.lanes.journey import Done, Journey
from bridgekit.lanes.queue import Queue
from bridgekit.models import Direction, Draft, Lane, Outcome, Result, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.store.intake import Put
from bridgekit.store.jobs import Jobs
from bridgekit.store.store import Store, open_store
from bridgekit.testing.clock import VirtualClock

DONE = Done(Reason.DELIVERED)


class Gate:
    """A step at which a handler stands until it is opened."""

    def __init__(self) -> None:
        self.reached, self._open = asyncio.Event(), asyncio.Event()

    def open(self) -> None:
        self._open.set()

    async def pass_through(self) -> None:
        self.reached.set()
        await self._open.wait()


class Worker:
    """A handler. `steps[key]` says what happens to a job, one try after another."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.journeys: dict[str, Journey] = {}
        self.steps: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.burials: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.buried: list[tuple[str, str]] = []
        self.at_work: set[Lane] = set()

    async def handle(self, journey: Journey) -> Done:
        key, lane = journey.job.key, journey.job.lane
        assert journey.job.body is not None
        assert lane not in self.at_work, "one job of a lane at a time"
        self.begun.append(key)
        self.journeys[key] = journey
        self.at_work.add(lane)
        try:
            return await _step(self.steps[key])
        finally:
            self.at_work.discard(lane)

    async def bury(self, journey: Journey, error: Exception) -> Done:
        self.buried.append((journey.job.key, type(error).__name__))
        await _step(self.burials[journey.job.key])
        return Done(Reason.REJECTED, Result.FAILED, str(error), bury=True)


async def _step(steps: deque[Any]) -> Done:
    while steps:
        step = steps.popleft()
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, Done):
            return step
        await step.pass_through()
    return DONE


class Bench:
    """One process after another on the same database."""

    def __init__(self, url: str, clock: VirtualClock) -> None:
        self.url, self.clock = url, clock
        self.worker = Worker()
        self.outcomes: list[Outcome] = []
        self._reported = asyncio.Event()
        self._stack = AsyncExitStack()
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._stack = AsyncExitStack()
        self.store: Store = await self._stack.enter_async_context(open_store(self.url, self.clock))
        self.jobs = Jobs(self.store.reader)
        self.queue = Queue(
            Bodies(self.jobs, memory=64 << 20),
            self.store.writer,
            self.clock,
            random.Random(1),
            self._report,
        )

    async def start(self) -> None:
        await self.open()
        self.run()

    def run(self) -> None:
        handlers = dict.fromkeys(Direction, self.worker)
        self.task = asyncio.create_task(self.queue.run(handlers))

    async def stop(self) -> None:
        """In order, as SIGTERM does."""
        await self.queue.stop()
        if self.task is not None:
            await self.task
        await self._stack.aclose()

    async def kill(self) -> None:
        """Whatever is in flight stays as the database has it."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        self.worker.at_work.clear()
        await self._stack.aclose()

    def _report(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._reported.set()

    async def put(self, *drafts: Draft) -> list[JobID | None]:
        return list(await self.queue.put(Put(drafts, at=1)))

    async def ended(self, count: int) -> list[Outcome]:
        """Once so many outcomes are committed."""
        while len(self.outcomes) < count:
            self._reported.clear()
            await self._reported.wait()
        return self.outcomes

    async def until(self, condition: Callable[[], bool]) -> None:
        """Turns of the event loop, each of which polls what threads have done."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 (a condition of the queue's own, which tells nobody)
                await asyncio.sleep(0)

    async def later(self, within: float) -> None:
        """The next timer, due within so many seconds, fires."""
        await self.clock.wait_for_timer(within)
        assert self.clock.pending is not None
        await self.clock.advance(self.clock.pending - self.clock.monotonic())


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def bench(database: str, clock: VirtualClock) -> AsyncIterator[Bench]:
    bench = Bench(database, clock)
    yield bench
    await bench.kill()


@pytest.fixture
def gate() -> type[Gate]:
    return Gate


@pytest.fixture
def draft() -> Callable[..., Draft]:
    def build(key: str, lane: Lane | int = 1, body: str = "{}") -> Draft:
        where = lane_to_matrix(PortalID(lane)) if isinstance(lane, int) else lane
        return Draft(where, key, "Message", body, f"${key}", 1000, (f"seen {key}",))

    return build
