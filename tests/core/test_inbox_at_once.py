"""A few messages that come to an idle inbox are split in the commit that accepts them."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.splitting import FEW
from bridgekit.models import lane_of_room
from tests.core.inboxes import Ledger, Sorter, body, event


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def sorter() -> Sorter:
    return Sorter()


@pytest.fixture
async def start():
    async with asyncio.TaskGroup() as group:
        tasks = []

        async def at_work(ledger: Ledger, sorter: Sorter) -> Inbox:
            inbox = Inbox(ledger, sorter, SystemClock(), retry_after=0.001)
            await inbox.recall()
            tasks.append(group.create_task(inbox.run()))
            await asyncio.sleep(0)
            return inbox

        yield at_work
        for task in tasks:
            task.cancel()


async def test_rule_01_few_messages_are_split_in_the_commit_that_accepts_them(
    start, ledger, sorter
):
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(event("$a"), event("$b")))
    assert ledger.taken == ["1"]
    assert ledger.split_up == [(1, ["$a", "$b"], [])], "before it is answered"
    assert sorter.before == [set(), {lane_of_room(RoomID("!r:x"))}]


async def test_rule_01_what_was_split_at_once_and_comes_again_leaves_nothing(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    for _ in range(3):
        await inbox.accept("1", *body(event("$a")))
    forgetful = await start(ledger, sorter)  # another process: what it does not remember
    await forgetful.accept("1", *body(event("$a")))
    await forgetful.drained()
    assert ledger.split_up == [(1, ["$a"], [])]


MORE = [
    [event(f"${number}") for number in range(FEW + 1)],
    [event("$state", state_key="")],
    [event("$secret", type="m.room.encrypted")],
    [event("$redaction", type="m.room.redaction", redacts="$1")],
    [event("$a"), None],
    [{"event_id": "$half"}],
]


@pytest.mark.parametrize("events", MORE, ids=lambda events: str(len(events)))
async def test_what_is_more_than_a_few_messages_is_accepted_first(start, ledger, sorter, events):
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(*events))
    await inbox.drained()
    assert not ledger.taken
    assert [split[0] for split in ledger.split_up] == [1]


async def test_what_comes_while_another_is_sorted_is_behind_it(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    gate = asyncio.Event()
    sorter.waits["$a"] = gate
    first = asyncio.create_task(inbox.accept("1", *body(event("$a"))))
    await asyncio.sleep(0)
    second = asyncio.create_task(inbox.accept("2", *body(event("$b"))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not ledger.digests, "neither overtakes the other"
    gate.set()
    await asyncio.gather(first, second)
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


async def test_what_comes_while_another_is_stored_is_sorted_once_that_is_in_the_lanes(
    start, ledger, sorter
):
    inbox = await start(ledger, sorter)
    ledger.gate = asyncio.Event()
    first = asyncio.create_task(inbox.accept("1", *body(event("$a"))))
    await asyncio.sleep(0)
    second = asyncio.create_task(inbox.accept("2", *body(event("$b"))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(sorter.before) == 1, "what the second is depends on where the first is"
    ledger.gate.set()
    await asyncio.gather(first, second)
    await inbox.drained()
    assert ledger.taken == ["1"]
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


async def test_what_cannot_be_stored_with_its_jobs_is_accepted(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.refuses = [ValueError("one of its jobs")]
    with capture_logs() as logs:
        await inbox.accept("1", *body(event("$a")))
    await inbox.drained()
    assert not ledger.taken
    assert [split[1] for split in ledger.split_up] == [["$a"]]
    assert [line["event"] for line in logs] == ["transaction waits"]


async def test_a_store_that_is_down_is_asked_once(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.refuses = [RetryLater("down")]
    with pytest.raises(RetryLater):
        await inbox.accept("1", *body(event("$a")))
    assert not ledger.digests, "the homeserver is to send it again"
    await inbox.accept("1", *body(event("$a")))
    assert ledger.split_up == [(1, ["$a"], [])]


async def test_before_it_is_at_work_nothing_is_split_at_once(ledger, sorter):
    inbox = Inbox(ledger, sorter, SystemClock())
    await inbox.accept("1", *body(event("$a")))
    assert not sorter.before
    assert [one.txn for one in await ledger.unread()] == ["1"]
