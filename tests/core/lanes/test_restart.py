"""Dying, and what the next process finds."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import JobID, PortalID
from bridgekit.lanes.earlier import PIPELINE
from bridgekit.lanes.journey import millis
from bridgekit.lanes.parking import CROWD
from bridgekit.models import Part, PartState, lane_to_matrix, lane_to_network
from bridgekit.store.intake import Put
from bridgekit.store.jobs import revive
from bridgekit.store.progress import MarkPart
from bridgekit.store.sql import Rows
from bridgekit.testing.clock import settle

TO_NETWORK = lane_to_network(PortalID(1))


async def stored(bench, *drafts) -> None:
    """A process that took these in, and died."""
    await bench.open()
    await bench.store.writer.write(Put(drafts, at=1))
    await bench.kill()


async def test_what_was_open_goes_on_in_order(bench, draft) -> None:
    await stored(
        bench, *(draft(f"{lane} {number}", lane) for number in range(50) for lane in (1, 2))
    )
    await bench.start()
    await bench.ended(100)
    for lane in ("1", "2"):
        begun = [key.split()[1] for key in bench.worker.begun if key.startswith(lane)]
        assert begun == [str(number) for number in range(50)]


async def test_only_what_can_have_been_on_its_way_is_doubtful(bench, draft) -> None:
    await stored(
        bench, *(draft(f"{lane} {number}", lane) for number in range(600) for lane in (1, 2))
    )
    await bench.start()
    await bench.put(draft("1 new", 1), draft("3 new", 3))
    await bench.ended(1202)
    doubtful = {key for key, journey in bench.worker.journeys.items() if journey.doubtful}
    first = range(CROWD + PIPELINE + 1)
    assert doubtful == {f"{lane} {number}" for lane in (1, 2) for number in first}


async def test_towards_a_network_any_may_have_been_begun(bench, draft) -> None:
    """What stepped aside for its login may be anywhere in the lane, with a part of it sent."""
    await stored(bench, *(draft(str(number), TO_NETWORK) for number in range(30)))
    await bench.start()
    await bench.ended(30)
    assert all(journey.doubtful for journey in bench.worker.journeys.values())


async def test_what_comes_in_during_the_start_is_behind_what_was_there(
    bench, draft, gate, monkeypatch
) -> None:
    await stored(bench, draft("old 1"), draft("old 2"))
    await bench.open()
    before, after = gate(), gate()
    read = bench.jobs.open

    async def slowly():
        await before.pass_through()
        jobs = await read()
        await after.pass_through()
        return jobs

    monkeypatch.setattr(bench.jobs, "open", slowly)
    bench.run()
    await before.reached.wait()
    await bench.put(draft("new 1"))  # in what is read, too
    before.open()
    await after.reached.wait()
    await bench.put(draft("new 2"))  # not in it
    assert bench.worker.begun == []
    after.open()
    await bench.ended(4)
    assert bench.worker.begun == ["old 1", "old 2", "new 1", "new 2"]
    assert [bench.worker.journeys[key].doubtful for key in bench.worker.begun] == [
        *(True, True),
        *(False, False),
    ]


async def test_what_is_committed_and_read_before_it_is_handed_over_is_done_once(
    bench, draft, monkeypatch
) -> None:
    await bench.open()
    writer, hold = bench.store.writer, []
    answer = writer._answer
    monkeypatch.setattr(writer, "_answer", lambda *arguments: hold.append(arguments))
    putting = asyncio.create_task(bench.put(draft("a")))
    await bench.until(lambda: bool(hold))
    bench.run()
    await bench.until(lambda: bool(bench.worker.begun))
    monkeypatch.setattr(writer, "_answer", answer)
    answer(*hold[0])
    await putting
    for arguments in hold[1:]:
        answer(*arguments)
    await bench.ended(1)
    await settle()
    assert bench.worker.begun == ["a"]


async def test_jobs_marked_as_being_sent_are_charged_a_death(bench, draft) -> None:
    await stored(bench, draft("a", TO_NETWORK), draft("b", TO_NETWORK))
    await bench.open()
    mark = MarkPart(JobID(1), Part(0, "t", PartState.SENDING))
    await bench.store.writer.write(mark)
    await bench.kill()
    for deaths in (1, 2, 3):
        bench.worker.steps["a"].append(RetryLater("busy", 100))
        await bench.start()
        await bench.clock.wait_for_timer(100)
        assert [job.deaths for job in await bench.jobs.open()] == [deaths, 0]
        await bench.kill()
        await bench.clock.advance(400)
    assert bench.worker.journeys["a"].job.deaths == 3


async def test_a_wait_that_a_network_asked_for_outlives_a_restart(bench, draft, clock) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 60))
    await bench.start()
    await bench.put(draft("a", TO_NETWORK))
    await clock.wait_for_timer(60)
    await clock.advance(20)
    await bench.stop()
    await bench.start()
    await clock.wait_for_timer(40)
    await clock.advance(39)
    assert bench.worker.begun == ["a"]
    await clock.advance(1)
    await bench.ended(1)


async def test_towards_matrix_a_start_tries_at_once(bench, draft) -> None:
    bench.worker.steps["a"].append(RetryLater("The homeserver is down", 200))
    await bench.start()
    await bench.put(draft("a"))
    await bench.clock.wait_for_timer(200)
    await bench.stop()
    await bench.start()
    await bench.ended(1)


@pytest.mark.parametrize("jump", [-365 * 86400, 365 * 86400])
async def test_a_clock_that_jumped_freezes_no_lane(bench, draft, clock, jump) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 60))
    await bench.start()
    await bench.put(draft("a", TO_NETWORK))
    await clock.wait_for_timer(60)
    await bench.stop()
    clock.jump(jump)
    await bench.start()
    await bench.until(lambda: clock.pending is not None or len(bench.outcomes) == 1)
    await clock.advance(300)
    await bench.ended(1)


async def test_a_jump_while_it_waits_changes_nothing(bench, draft, clock) -> None:
    bench.worker.steps["a"].append(RetryLater("busy", 60))
    await bench.start()
    await bench.put(draft("a", TO_NETWORK))
    await clock.wait_for_timer(60)
    clock.jump(-10 * 86400)
    await clock.advance(59)
    assert bench.worker.begun == ["a"]
    await clock.advance(1)
    await bench.ended(1)


async def test_a_job_that_was_revived_beside_us_is_taken_up(bench, draft) -> None:
    bench.worker.steps["a"].append(Rejected("No."))
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await bench.ended(2)
    await bench.store.writer.write(revive(JobID(1), millis(bench.clock)))
    await bench.queue.catch_up()
    await bench.queue.catch_up()
    await bench.ended(3)
    assert bench.worker.begun == ["a", "b", "a"]
    assert bench.worker.journeys["a"].doubtful


async def test_what_is_revived_while_the_store_is_read_is_taken_up_too(
    bench, draft, gate, monkeypatch
) -> None:
    bench.worker.steps["a"].append(Rejected("No."))
    await bench.start()
    await bench.put(draft("a"))
    await bench.ended(1)
    await bench.kill()
    await bench.open()
    reading, read = gate(), bench.jobs.open

    async def slowly():
        jobs = await read()
        await reading.pass_through()
        return jobs

    monkeypatch.setattr(bench.jobs, "open", slowly)
    bench.run()
    await reading.reached.wait()
    await bench.store.writer.write(revive(JobID(1), millis(bench.clock)))
    await bench.queue.catch_up()
    reading.open()
    await bench.ended(2)
    assert bench.worker.begun == ["a", "a"]


async def test_catching_up_repeats_nothing_that_is_in_flight(bench, draft, gate) -> None:
    slow = gate()
    bench.worker.steps["a"].append(slow)
    bench.worker.steps["c"].append(RetryLater("busy", 5))
    await bench.start()
    await bench.put(draft("a", 1), draft("b", 1), draft("c", 2))
    await slow.reached.wait()
    await bench.queue.catch_up()
    slow.open()
    await bench.later(within=5)
    await bench.ended(3)
    await bench.queue.catch_up()
    assert sorted(bench.worker.begun) == ["a", "b", "c", "c"]


async def test_what_ended_while_it_was_read_again_is_not_repeated(
    bench, draft, gate, monkeypatch
) -> None:
    slow, reading = gate(), gate()
    bench.worker.steps["a"].append(slow)
    bench.worker.steps["b"].append(Rejected("No."))
    await bench.start()
    await bench.put(draft("a"), draft("b"))
    await slow.reached.wait()
    read = bench.jobs.open

    async def slowly():
        jobs = await read()
        await reading.pass_through()
        return jobs

    monkeypatch.setattr(bench.jobs, "open", slowly)
    catching_up = asyncio.create_task(bench.queue.catch_up())
    await reading.reached.wait()
    slow.open()
    await bench.ended(2)
    reading.open()
    await catching_up
    await bench.queue.idle(lane_to_matrix(PortalID(1)))
    assert bench.worker.begun == ["a", "b"]


async def test_a_lane_is_not_idle_before_what_an_earlier_process_left_is_read(bench, draft) -> None:
    await stored(bench, draft("a"))
    await bench.open()
    idle = asyncio.create_task(bench.queue.idle(lane_to_matrix(PortalID(1))))
    await settle()
    assert not idle.done()
    bench.run()
    await idle
    assert bench.worker.begun == ["a"]


async def test_a_hundred_thousand_idle_chats_cost_the_start_nothing(bench, draft) -> None:
    await bench.open()
    rows = [{"id": n, "network": "n", "chat": f"#{n}"} for n in range(1, 100_001)]
    insert = text(
        "INSERT INTO portal (id, network, chat, receiver, state, flow, ours) "
        "VALUES (:id, :network, :chat, '', 'bound', 'both', 1)"
    )
    await bench.store.writer.write(Rows((insert, rows)))
    bench.run()
    await bench.put(draft("a", 99_999))
    await bench.queue.idle(lane_to_matrix(PortalID(99_999)))
    assert bench.worker.begun == ["a"]
    assert bench.queue.lanes == {}
