"""A few messages that come to an idle inbox are split in the commit that accepts them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID
from bridgekit.lanes.waiting import Waiting
from bridgekit.matrix import splitting
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.splitting import FEW
from bridgekit.models import lane_of_room
from bridgekit.transactions import Transactions
from tests.core.inboxes import Ledger, Sorter, Start, body, event, inboxes


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def sorter() -> Sorter:
    return Sorter()


async def hidden(content):
    """A command is stored as something else."""
    first = content["events"][0]
    return content if first.get("content") else None


async def turns() -> None:
    """For whatever can go on."""
    for _ in range(9):
        await asyncio.sleep(0)


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with inboxes(hidden=hidden) as begin:

        async def at_work(ledger: Ledger, sorter: Sorter) -> Inbox:
            inbox = await begin(ledger, sorter)
            await asyncio.sleep(0)
            return inbox

        yield at_work


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
    [event("$a"), event("$no room", room_id=None)],
    [event("$command", content={"body": "hidden"})],
    [{"event_id": "$half"}],
]


@pytest.mark.parametrize("events", MORE, ids=lambda events: str(len(events)))
async def test_what_is_more_than_a_few_messages_is_accepted_first(start, ledger, sorter, events):
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(*events))
    await inbox.drained()
    assert not ledger.taken
    assert len(sorter.before) <= len(events), "nor sorted twice"
    assert [split[0] for split in ledger.split_up] == [1]


LATER = {
    "a few messages": [event("$b")],
    "a command": [event("$b", content={"body": "hidden"})],
    "state": [event("$b", state_key="")],
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
async def test_what_comes_while_another_is_sorted_is_behind_it(start, ledger, sorter, later):
    inbox = await start(ledger, sorter)
    gate = sorter.waits["$a"] = asyncio.Event()
    first = asyncio.create_task(inbox.accept("1", *body(event("$a"))))
    await turns()
    second = asyncio.create_task(inbox.accept("2", *body(*later)))
    await turns()
    assert not ledger.digests, "neither overtakes the other"
    gate.set()
    await asyncio.gather(first, second)
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


EARLIER = {
    "a few messages": [event("$a")],
    "a command": [event("$a", content={"body": "hidden"})],
    "state": [event("$a", state_key="")],
}


@pytest.mark.parametrize("earlier", EARLIER.values(), ids=EARLIER)
async def test_what_comes_while_another_is_stored_is_sorted_once_that_is_in_the_lanes(
    start, ledger, sorter, earlier
):
    inbox = await start(ledger, sorter)
    ledger.gate = asyncio.Event()
    first = asyncio.create_task(inbox.accept("1", *body(*earlier)))
    await turns()
    second = asyncio.create_task(inbox.accept("2", *body(event("$b"))))
    await turns()
    seen = len(sorter.before)
    ledger.gate.set()
    await asyncio.gather(first, second)
    await inbox.drained()
    assert seen == (earlier == EARLIER["a few messages"]), "the second was not looked at"
    assert "2" not in ledger.taken
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


async def test_what_takes_too_long_to_sort_is_accepted(start, ledger, sorter, monkeypatch):
    monkeypatch.setattr(splitting, "PATIENCE", 0.01)
    inbox = await start(ledger, sorter)
    gate = sorter.waits["$a"] = asyncio.Event()
    await inbox.accept("1", *body(event("$a")))
    assert list(ledger.open) == [1], "it is answered, and waits"
    gate.set()
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"]]


async def test_what_is_not_taken_is_not_sorted(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.crowded = True
    with pytest.raises(RetryLater):
        await inbox.accept("1", *body(event("$a")))
    assert not sorter.before


async def test_a_repetition_is_not_sorted_also_of_a_name_that_was_another_s(start, ledger, sorter):
    ledger.earlier = {"1": "the digest of what it held"}
    inbox = await start(ledger, sorter)
    for _ in range(3):
        await inbox.accept("1", *body(event("$a")))
    assert len(sorter.before) == 1


async def test_what_cannot_be_stored_with_its_jobs_is_accepted(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.fails = [ValueError("one of its jobs")]
    with capture_logs() as logs:
        await inbox.accept("1", *body(event("$a")))
    await inbox.drained()
    assert not ledger.taken
    assert [split[1] for split in ledger.split_up] == [["$a"]]
    assert [line["event"] for line in logs] == ["not stored with its jobs"]


async def test_a_store_that_is_down_is_asked_once(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.fails = [RetryLater("down")]
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


async def test_what_the_bridge_brings_itself_is_before_what_comes_then(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.gate = asyncio.Event()
    text, _ = body(event("$a"))
    own = asyncio.create_task(inbox.again(ledger.accept("own", "digest", text), "own", text))
    await turns()
    other = asyncio.create_task(inbox.accept("1", *body(event("$b"))))
    await turns()
    ledger.gate.set()
    await asyncio.gather(own, other)
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


async def test_what_the_bridge_brings_while_another_is_sorted_is_sorted_before_it(
    start, ledger, sorter
):
    inbox = await start(ledger, sorter)
    gate = sorter.waits["$b"] = asyncio.Event()
    other = asyncio.create_task(inbox.accept("1", *body(event("$b"))))
    await turns()
    text, _ = body(event("$a"))
    await inbox.again(ledger.accept("own", "digest", text), "own", text)
    gate.set()
    await other
    await inbox.drained()
    assert not ledger.taken, "what was known of the lanes is not so any more"
    assert sorted(split[1][0] for split in ledger.split_up) == ["$a", "$b"]


async def test_what_the_bridge_is_still_storing_counts_when_the_sorting_ends(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    gate = sorter.waits["$b"] = asyncio.Event()
    other = asyncio.create_task(inbox.accept("1", *body(event("$b"))))
    await turns()
    ledger.gate = asyncio.Event()
    text, _ = body(event("$a"))
    own = asyncio.create_task(inbox.again(ledger.accept("own", "digest", text), "own", text))
    await turns()
    gate.set()
    await turns()
    ledger.gate.set()
    await asyncio.gather(own, other)
    await inbox.drained()
    assert not ledger.taken
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


async def test_while_the_store_fails_nothing_is_sorted():
    store, queue = SimpleNamespace(writer=SimpleNamespace(failing=False)), SimpleNamespace()
    queue.brought = Waiting()
    ledger = Transactions(store, queue, WaitingSettings, SystemClock())
    assert not ledger.refuses()
    store.writer.failing = True
    assert ledger.refuses()


async def test_rule_01_the_same_id_with_other_events_is_warned_of_once(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    with capture_logs() as logs:
        for number in range(3):
            await inbox.accept("4711", *body(event(f"${number}")))
    assert len(ledger.split_up) == len(ledger.taken) == 3
    assert ["restored or replaced" in line["event"] for line in logs] == [True]


async def test_who_reads_events_sees_these_too(ledger, sorter):
    class Reader:
        async def open(self, event):
            return {**event, "event_id": event["event_id"] + " as it reads"}

    inbox = Inbox(ledger, sorter, SystemClock(), opening=lambda _: Reader())
    running = asyncio.create_task(inbox.run())
    await asyncio.sleep(0)
    await inbox.accept("1", *body(event("$a")))
    running.cancel()
    assert ledger.split_up == [(1, ["$a as it reads"], [])]
