"""Transactions in and out of the inbox, with a ledger in memory: rules 1, 3 and 4."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID
from bridgekit.matrix.inbox import Inbox
from bridgekit.matrix.transaction import Malformed, well_formed
from bridgekit.models import lane_of_room
from tests.core.inboxes import Ledger, Sorter, Start, body, event, inboxes


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    async with inboxes() as begin:
        yield begin


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def sorter() -> Sorter:
    return Sorter()


async def test_rule_01_the_same_transaction_is_split_once(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    for _ in range(3):
        await inbox.accept("1", *body(event("$a"), event("$b")))
    await inbox.drained()
    assert ledger.split_up == [(1, ["$a", "$b"], [])]


async def test_rule_01_the_same_id_with_other_events_is_taken_and_warned_of_once(
    start, ledger, sorter
):
    inbox = await start(ledger, sorter)
    with capture_logs() as logs:
        for number in range(5):
            await inbox.accept("4711", *body(event(f"$of 1, {number}")))
            await inbox.accept("4712", *body(event(f"$of 2, {number}")))
        await inbox.drained()
    assert len(ledger.split_up) == 10
    assert [line["log_level"] for line in logs] == ["warning"]
    assert "restored or replaced" in logs[0]["event"]


async def test_rule_01_a_recount_is_seen_over_a_restart(start, ledger, sorter):
    ledger.earlier = {"t1": "the digest of what it held"}
    inbox = await start(ledger, sorter)
    await inbox.drained()
    with capture_logs() as logs:
        await inbox.accept("t1", *body(event("$new")))
    assert ["restored or replaced" in line["event"] for line in logs] == [True]


async def test_what_an_earlier_process_left_comes_first(start, ledger, sorter):
    await Inbox(ledger, sorter, SystemClock()).accept("1", *body(event("$old")))
    inbox = await start(ledger, sorter)  # begins only when we next wait
    await inbox.accept("2", *body(event("$new")))
    await inbox.drained()
    await inbox.accept("3", *body())
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$old"], ["$new"]]


async def test_what_is_not_stored_is_not_accepted(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    ledger.down = True
    with pytest.raises(RetryLater):
        await inbox.accept("1", *body(event("$a")))
    ledger.down = False
    await inbox.accept("1", *body(event("$a")))
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"]]


async def test_a_store_that_fails_keeps_the_order(start, ledger, sorter):
    sorter.fails["$a"] = [RetryLater("down"), OSError("disk")]
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(event("$a")))
    await inbox.accept("2", *body(event("$b")))
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$b"]]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "text",
        7,
        [],
        {},
        *(event("$x", **{name: None}) for name in ("event_id", "room_id", "sender", "type")),
        *(event("$x", **{name: ""}) for name in ("event_id", "room_id", "sender", "type")),
        *(event("$x", **{name: "\ud800"}) for name in ("event_id", "room_id", "sender", "type")),
        event("$x", content=None),
        event("$x", content=[]),
        event("$x", state_key=1),
        event("$x", state_key=None),
        event("$x", state_key="\udfff"),
        event("$x\x00"),
    ],
)
async def test_rule_03_a_malformed_event_is_set_aside_and_the_rest_goes_on(
    start, ledger, sorter, bad
):
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(event("$a"), bad, event("$b")))
    await inbox.drained()
    ((_, drafts, (aside,)),) = ledger.split_up
    assert drafts == ["$a", "$b"]
    assert json.loads(aside.body) == bad
    assert aside.why.startswith(("its ", "it is "))
    aside.body.encode()  # storable


@pytest.mark.parametrize("error", [TypeError(), KeyError("x"), UnicodeError(), RecursionError()])
async def test_rule_03_an_event_that_trips_us_stops_no_other(start, ledger, sorter, error):
    sorter.fails["$bad"] = [error]
    inbox = await start(ledger, sorter)
    await inbox.accept("1", *body(event("$a"), event("$bad"), event("$b")))
    await inbox.drained()
    ((_, drafts, (aside,)),) = ledger.split_up
    assert drafts == ["$a", "$b"]
    assert type(error).__name__ in aside.why


@pytest.mark.parametrize("events", [7, "text", {"event_id": "$x"}, True])
async def test_rule_03_events_that_are_no_list_are_set_aside(start, ledger, sorter, events):
    inbox = await start(ledger, sorter)
    content = {"events": events}
    await inbox.accept("1", json.dumps(content), content)
    await inbox.accept("2", *body(event("$next")))
    await inbox.drained()
    assert len(ledger.split_up[0][2]) == 1
    assert ledger.split_up[1][1] == ["$next"]


async def test_rule_03_what_is_nested_too_deeply_to_be_read_is_set_aside(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    deep = '{"events": [' + "[" * 100_000 + "]" * 100_000 + "]}"
    await inbox.accept("1", deep, {"events": [None]})
    await inbox.accept("2", *body(event("$next")))
    await inbox.drained()
    assert len(ledger.split_up[0][2]) == 1
    assert ledger.split_up[1][1] == ["$next"]


async def test_rule_04_ephemeral_events_are_never_stored(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    typing = {"type": "m.typing", "room_id": "!r:x", "content": {"user_ids": ["@a:x"]}}
    await inbox.accept("1", *body(ephemeral=[typing]))
    await inbox.accept("2", *body(event("$a"), ephemeral=[typing]))
    await inbox.drained()
    assert [json.loads(one) for one in ledger.bodies] == [{"events": [event("$a")]}]


async def test_a_sorter_sees_what_its_transaction_brought_so_far(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    other = event("$b", room_id="!other:x")
    await inbox.accept("1", *body(event("$a"), other, event("$c")))
    await inbox.accept("2", *body(event("$d")))
    await inbox.drained()
    first, second = lane_of_room(RoomID("!r:x")), lane_of_room(RoomID("!other:x"))
    assert sorter.before == [set(), {first}, {first, second}, set()]


def test_an_event_with_more_than_we_know_is_well_formed():
    odd = event("$a", state_key="", unsigned=None, origin_server_ts="later", content={"body": 7})
    assert well_formed(odd) is odd


def test_the_reason_names_the_field():
    with pytest.raises(Malformed, match="room_id"):
        well_formed(event("$a", room_id=5))


async def test_what_an_earlier_process_left_is_split_alone_before_anything_else(ledger, sorter):
    await Inbox(ledger, sorter, SystemClock()).accept("1", *body(event("$old")))
    inbox = Inbox(ledger, sorter, SystemClock())
    await inbox.recall()
    await inbox.accept("2", *body(event("$new")))
    await inbox.split_earlier()
    assert [split[1] for split in ledger.split_up] == [["$old"]]
    running = asyncio.create_task(inbox.run())
    await inbox.drained()
    running.cancel()
    assert [split[1] for split in ledger.split_up] == [["$old"], ["$new"]]


async def test_rule_03_a_number_that_python_cannot_hold_stops_nothing(start, ledger, sorter):
    inbox = await start(ledger, sorter)
    huge = json.dumps({"events": [event("$a", content={"n": 0})]}).replace("0", "1" * 5000)
    await inbox.accept("1", huge, {"events": [event("$a")]})
    await inbox.accept("2", *body(event("$next")))
    await inbox.drained()
    assert [split[1] for split in ledger.split_up] == [["$a"], ["$next"]]


async def test_an_event_id_of_any_shape_is_stored(start, ledger, sorter):
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    inbox = await start(ledger, sorter)
    await inbox.accept("1", '{"events": [{}]}', {"events": [{"event_id": deep}], "x": 1})
    await inbox.drained()
    assert len(ledger.split_up) == 1
