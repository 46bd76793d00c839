"""Much that another process has opened again, as `bridgekit queue retry` does after an outage."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from bridgekit.errors import Rejected
from bridgekit.ids import JobID, PortalID
from bridgekit.lanes import earlier, lane
from bridgekit.lanes.journey import millis
from bridgekit.models import Job, Lane, lane_to_matrix, lane_to_network
from bridgekit.store import jobs
from bridgekit.store.gaps import Reserve
from bridgekit.store.intake import Put
from bridgekit.store.jobs import revive

MANY = 200
PORTAL = PortalID(1)


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> Counter[JobID]:
    """How often each job was looked at to put jobs in their order."""
    looks: Counter[JobID] = Counter()
    real = lane._place

    def place(job: Job) -> JobID:
        looks[job.id] += 1
        return real(job)

    monkeypatch.setattr(lane, "_place", place)
    return looks


async def test_what_is_revived_takes_its_places_at_one_look_at_its_lane(
    bench, draft, gate, placed
) -> None:
    dead = [f"dead {number}" for number in range(MANY)]
    waiting = [f"waiting {number}" for number in range(MANY)]
    for key in dead:
        bench.worker.steps[key].append(Rejected("No."))
    slow = gate()
    bench.worker.steps["slow"].append(slow)
    await bench.start()
    ids = await bench.put(*map(draft, dead))
    await bench.ended(MANY)
    await bench.put(*map(draft, ["slow", *waiting]))
    await slow.reached.wait()
    for number in ids:
        await bench.store.writer.write(revive(number, millis(bench.clock)))
    placed.clear()
    await bench.queue.catch_up()
    assert max(placed.values()) <= 2
    bench.worker.begun.clear()
    slow.open()
    await bench.ended(3 * MANY + 1)
    assert bench.worker.begun == [*dead, *waiting]


async def test_the_past_takes_its_places_at_one_look_at_its_lane(bench, draft, placed) -> None:
    await bench.start()
    portals = {PORTAL}
    bench.queue.aside.shut(portals)
    await bench.store.writer.write(Reserve(PORTAL, None, MANY))
    live = [f"live {number}" for number in range(MANY)]
    await bench.put(*map(draft, live))
    missed = [f"missed {number}" for number in range(MANY - 1)]
    placed.clear()
    past = [live[1], *missed]  # it has come again, and goes before what is left of them
    await bench.queue.put(Put([*map(draft, past)], at=1, past_of=PORTAL))
    assert max(placed.values()) <= 2
    portals.clear()
    bench.queue.aside.reopened(PORTAL)
    await bench.ended(2 * MANY - 1)
    assert bench.worker.begun == [*past, live[0], *live[2:]]


async def test_others_have_turns_and_find_the_lanes_of_a_chat_whole(
    bench, draft, gate, monkeypatch
) -> None:
    monkeypatch.setattr(earlier, "SLICE", 5)
    chats = range(1, 21)
    lanes = [way(PortalID(chat)) for chat in chats for way in (lane_to_matrix, lane_to_network)]
    stands = gate()
    drafts = [draft(f"{number} {lane}", lane) for number in range(3) for lane in lanes]
    for one in drafts:
        bench.worker.steps[one.key].append(stands)
    await bench.start()
    await bench.queue.idle(lanes[0])  # it has read what there was: nothing
    await bench.store.writer.write(Put(drafts, at=1))
    seen: list[tuple[int, ...]] = []
    catching_up = asyncio.create_task(bench.queue.catch_up())
    while not catching_up.done():
        seen.append(tuple(_jobs(bench, PortalID(chat)) for chat in chats))
        await asyncio.sleep(0)
    await catching_up
    assert {waiting for turn in seen for waiting in turn} <= {0, 6}
    assert len({turn.count(6) for turn in seen}) > len(chats) // 2
    stands.open()
    await bench.ended(len(drafts))
    assert _in_order(bench.worker.begun, lanes)


async def test_others_have_turns_while_what_was_read_is_understood(
    bench, draft, monkeypatch
) -> None:
    turns, at = 0, set[int]()
    real = jobs._job

    def understood(row: Any) -> Job:
        at.add(turns)
        return real(row)

    monkeypatch.setattr(jobs, "PAGE", 10)
    monkeypatch.setattr(jobs, "_job", understood)
    await bench.open()
    await bench.store.writer.write(Put([draft(str(number)) for number in range(100)], at=1))
    reading = asyncio.create_task(bench.jobs.open())
    while not reading.done():
        turns += 1
        await asyncio.sleep(0)
    assert [job.key for job in await reading] == [str(number) for number in range(100)]
    assert len(at) == 10


def _jobs(bench: Any, portal: PortalID) -> int:
    ways = (lane_to_matrix(portal), lane_to_network(portal))
    found = [bench.queue.lanes[way] for way in ways if way in bench.queue.lanes]
    return sum(one.waiting + (one.current is not None) for one in found)


def _in_order(begun: list[str], lanes: list[Lane]) -> bool:
    return all(
        [key for key in begun if key.endswith(f" {one}")]
        == [f"{number} {one}" for number in range(3)]
        for one in lanes
    )
