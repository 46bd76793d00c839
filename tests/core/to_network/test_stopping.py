"""SIGTERM drains: nothing is half done, and what is left is done at the next start (rule 26)."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.cli import run
from bridgekit.facts import UserInfo
from bridgekit.ids import RemoteUserID


async def one_under_way_and_one_behind(stage, gate):
    """The gate that holds the answer of the first."""
    room = await stage.begin()
    hold = gate()
    stage.network.after.append(hold)
    await stage.alice.say(room, "one")
    await hold.reached.wait()
    await stage.alice.say(room, "two")
    await stage.stored("SELECT * FROM job", 2)
    return hold


async def test_rule_26_a_stop_lets_what_is_in_flight_finish(stage, gate):
    hold = await one_under_way_and_one_behind(stage, gate)
    stopping = asyncio.create_task(stage.rig.stop())
    await stage.until(stage.parts.queue._stopping.is_set)
    hold.open()
    await stopping
    assert stage.network.texts() == ["one"]
    assert [one.result for one in stage.to_network()] == ["delivered"]
    await stage.start()
    await stage.heard("one", "two")
    assert await stage.notices() == []


async def test_rule_26_what_does_not_finish_in_time_stays_marked(timed, gate):
    room = await timed.begin()
    hold = gate()
    timed.network.after.append(hold)
    await timed.alice.say(room, "hello")
    await hold.reached.wait()
    stopping = asyncio.create_task(timed.rig.stop())
    await timed.rig.clock.wait_for_timer(within=20)
    await timed.rig.clock.advance(20)
    await stopping
    await timed.start()
    await timed.notice("may not have been bridged")
    assert timed.network.texts() == ["hello"]


@pytest.mark.parametrize("settles", [True, False])
async def test_rule_26_a_second_stop_loses_and_doubles_nothing(stage, gate, monkeypatch, settles):
    stage.network.idempotent = settles
    await one_under_way_and_one_behind(stage, gate)
    monkeypatch.setattr("os._exit", lambda _: stage.rig.task.cancel())
    run._interrupted(stage.rig._stop)
    await stage.until(stage.parts.queue._stopping.is_set)
    assert not stage.rig.task.done(), "it lets that finish"
    run._interrupted(stage.rig._stop)
    assert stage.rig.task.cancelling()
    await stage.rig.kill()
    await stage.start()
    await stage.ended(2)
    assert stage.network.texts() == ["one", "two"]
    told = [text for text in await stage.notices() if "may not have been bridged" in text]
    assert len(told) == (0 if settles else 1)


async def test_rule_26_what_comes_in_while_it_stops_is_kept(stage, gate):
    room = await stage.begin()
    hold = gate()
    stage.network.after.append(hold)
    await stage.alice.say(room, "one")
    await hold.reached.wait()
    stopping = asyncio.create_task(stage.rig.stop())
    await asyncio.sleep(0)
    await stage.alice.say(room, "while it stops")
    await stage.stored("SELECT * FROM job", 2)
    hold.open()
    await stopping
    await stage.start()
    await stage.heard("one", "while it stops")


async def test_a_kill_at_any_await_of_a_send_neither_loses_nor_doubles(stage):
    """On a network that recognises repetitions, whatever the moment."""
    stage.network.idempotent = True
    room = await stage.begin()
    expected = []
    for turns in range(0, 60, 4):
        text = f"after {turns} turns"
        await stage.alice.say(room, text)
        for _ in range(turns):
            await asyncio.sleep(0)
        await stage.again()
        expected.append(text)
    await stage.heard(*expected)
    assert await stage.notices() == []


async def test_no_task_and_no_record_is_left_of_what_is_done(stage):
    room = await stage.begin()
    for number in range(5):
        await stage.alice.say(room, f"{number}")
    await stage.heard(*(f"{number}" for number in range(5)))
    await stage.ended(5)
    await stage.rig.stop()
    handler = stage.parts.handlers["to_network"]
    assert handler._underway == {}
    assert handler._flights._flying == {}
    ours = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not [name for name in ours if name.startswith(("lane", "login", "inbox", "network"))]


async def test_rule_26_what_was_read_from_a_network_is_stored_though_its_connection_is_closed(
    stage,
):
    room = await stage.begin()
    network = stage.network
    people = (UserInfo(id=RemoteUserID("carol"), name="Carol"),)  # which is stored first
    said = network.say("#room", "carol", "just before", id="m1", people=people)
    saying = asyncio.create_task(said)
    for _ in range(2):
        await asyncio.sleep(0)
    saying.cancel()  # as the client's task is when the bridge stops
    await asyncio.gather(saying, return_exceptions=True)
    await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "just before")
