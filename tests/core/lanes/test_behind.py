"""What waits behind a gap and is moved into it is there once, with all that hangs on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bridgekit.ids import JobID, PortalID
from bridgekit.models import lane_to_matrix
from bridgekit.store.gaps import Reserve
from bridgekit.store.intake import Put
from bridgekit.testing.clock import settle

PORTAL = PortalID(1)


async def shut(bench) -> set[PortalID]:
    """The portals whose lanes stand still: the one, in which five places are kept."""
    portals = {PORTAL}
    bench.queue.aside.shut(portals)
    await bench.store.writer.write(Reserve(PORTAL, None, 5))
    return portals


async def test_what_is_moved_is_there_once_and_in_its_place(bench, draft) -> None:
    await bench.start()
    portals = await shut(bench)
    await bench.put(draft("live"), draft("again"))
    past = [draft(name) for name in ("again", "missed", "live")]
    await bench.queue.put(Put(past, at=1, past_of=PORTAL))
    assert bench.queue.waiting == 3
    portals.clear()
    bench.queue.aside.reopened(PORTAL)
    await bench.ended(3)
    assert bench.worker.begun == ["again", "missed", "live"]
    assert await bench.jobs.open() == []
    assert (bench.queue.waiting, bench.queue._bodies.kept) == (0, 0)


async def test_what_changes_a_message_is_found_where_both_were_moved(bench, draft) -> None:
    await bench.start()
    await shut(bench)
    said, edit = draft("said"), replace(draft("edit"), target="$said")
    await bench.put(draft("live"), said, edit)
    await bench.queue.put(Put([said, edit], at=1, past_of=PORTAL))
    lane = bench.queue.lanes[lane_to_matrix(PORTAL)]
    behind = await bench.queue.amendments(lane.jobs[0])
    assert [(one.id, one.key) for one in behind] == [(JobID(2), "edit")]


async def test_what_an_earlier_process_left_is_moved_once_it_is_read(bench, draft) -> None:
    await bench.start()
    await shut(bench)
    await bench.put(draft("live"), draft("again"))
    await bench.kill()
    await bench.open()
    portals = {PORTAL}
    bench.queue.aside.shut(portals)
    past = Put([draft(name) for name in ("again", "missed")], at=1, past_of=PORTAL)
    putting = asyncio.create_task(bench.queue.put(past))
    await settle()
    assert not putting.done()
    bench.run()
    assert await putting == (1, 2)
    assert bench.queue.waiting == 3
    portals.clear()
    bench.queue.aside.reopened(PORTAL)
    await bench.ended(3)
    assert bench.worker.begun == ["again", "missed", "live"]


async def test_a_lane_that_is_shut_while_its_head_is_read_begins_nothing(
    bench, draft, monkeypatch
) -> None:
    await bench.open()
    await bench.put(draft("a"))
    await bench.kill()
    await bench.open()
    portals, read = set[PortalID](), bench.jobs.bodies

    async def meanwhile(ids: object) -> dict[JobID, str]:
        portals.add(PORTAL)
        return await read(ids)

    monkeypatch.setattr(bench.jobs, "bodies", meanwhile)
    bench.queue.aside.shut(portals)
    bench.run()
    await bench.until(lambda: bool(portals and not bench.queue._running))
    assert bench.worker.begun == []
    portals.clear()
    bench.queue.aside.reopened(PORTAL)
    await bench.ended(1)
