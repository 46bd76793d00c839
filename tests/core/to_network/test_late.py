"""What refers to a message on its way waits aside for it: rule 20."""

from __future__ import annotations

import pytest

from bridgekit.events import Deletion, Edit, Reaction
from bridgekit.ids import PortalID
from bridgekit.lanes.parking import for_target
from bridgekit.models import lane_to_network


async def held(timed, later) -> str:
    """Alice's login is not there, and what she said waits for it."""
    room = await timed.begin()
    timed.bob = timed.hs.person("bob")
    await timed.bob.join(room)
    event = await timed.alice.say(room, "hello")
    lanes = timed.parts.queue.lanes
    await later(lambda: any(lane.aside for lane in lanes.values()), timed.rig.clock)
    return event


@pytest.mark.parametrize("restart", [False, True])
async def test_rule_20_what_refers_to_what_is_held_waits_and_others_pass(
    timed, slow_login, later, restart
):
    event = await held(timed, later)
    clock = timed.rig.clock
    await timed.bob.react(timed.room, event, "👍")
    await timed.bob.react(timed.room, event, "🎉")
    await timed.bob.say(timed.room, "anybody?")
    await later(lambda: "anybody?" in timed.network.texts(), clock)
    assert timed.network.acted(Reaction) == []
    if restart:
        await timed.again()
    slow_login.set()
    await later(lambda: len(timed.network.acted(Reaction)) == 2, clock)
    assert [one.emoji for one in timed.network.acted(Reaction)] == ["👍", "🎉"]
    assert {one.target for one in timed.network.acted(Reaction)} == {"sent-1"}
    assert timed.network.texts() == ["anybody?", "hello"]


async def test_rule_20_they_are_woken_in_order(timed, slow_login, later, gate):
    event = await held(timed, later)
    clock = timed.rig.clock
    reaction = await timed.bob.react(timed.room, event, "👍")
    await timed.bob.say(timed.room, "anybody?")
    await later(lambda: "anybody?" in timed.network.texts(), clock)
    hold = gate()
    timed.network.before.append(hold)
    slow_login.set()
    await later(hold.reached.is_set, clock)
    # It is being sent now: the edit and the redaction come too late to change what is sent.
    await timed.alice.edit(timed.room, event, "hallo")
    await timed.bob.redact(timed.room, reaction)
    await timed.alice.redact(timed.room, event)
    await timed.stored("SELECT id FROM job WHERE direction = 'to_network'", 5)
    hold.open()
    await later(lambda: timed.network.acted(Deletion), clock)
    kinds = [act.kind for act in timed.network.acts]
    assert kinds == ["message", "message", "edit", "deletion"]
    assert [one.target for one in timed.network.acted(Edit)] == ["sent-1"]
    assert timed.network.chat("#room").texts() == ["anybody?"]


async def test_rule_20_too_many_are_refused(timed, slow_login, later, monkeypatch):
    monkeypatch.setattr("bridgekit.lanes.aside.CROWD", 3)
    event = await held(timed, later)
    for emoji in ("👍", "🎉", "❤", "😀"):
        await timed.bob.react(timed.room, event, emoji)
    await timed.notice("Too much waits", person=timed.bob)
    await timed.until(timed.to_network)
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 5, timed.rig.clock)
    assert [one.emoji for one in timed.network.acted(Reaction)] == ["👍", "🎉", "❤"]


@pytest.mark.parametrize("restart", [False, True])
async def test_rule_09_however_much_waits_what_is_held_is_cancelled_and_replaced(
    timed, slow_login, later, monkeypatch, restart
):
    monkeypatch.setattr("bridgekit.lanes.aside.CROWD", 1)
    secret = await held(timed, later)
    typo = await timed.alice.say(timed.room, "helo")
    await timed.bob.react(timed.room, secret, "👍")
    await timed.bob.react(timed.room, typo, "👍")
    await timed.notice("Too much waits", person=timed.bob)
    await timed.alice.redact(timed.room, secret)
    await timed.alice.edit(timed.room, typo, "hallo")
    lane = timed.parts.queue.lanes[lane_to_network(PortalID(1))]
    await timed.until(lambda: for_target(typo) in lane.aside)
    if restart:
        await timed.again()
    slow_login.set()
    await later(lambda: len(timed.to_network()) == 6, timed.rig.clock)
    assert [act.kind for act in timed.network.acts] == ["message"]
    assert timed.network.texts() == ["hallo"]


async def test_rule_20_what_refers_to_what_failed_is_decided_at_once(stage):
    from bridgekit.errors import Rejected

    room = await stage.begin()
    stage.network.before.append(lambda _: Rejected("Too rude"))
    event = await stage.alice.say(room, "hello")
    await stage.alice.react(room, event, "👍")
    (_, outcome) = await stage.ended(2)
    assert outcome.reason == "target_not_bridged"
    assert stage.network.acts == []


@pytest.mark.parametrize("early", [True, False])
async def test_rule_20_what_waits_for_an_id_goes_on_with_the_echo(stage, early):
    stage.network.late_ids = True
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.ended()
    txn = stage.network.heard[-1].txn
    if early:
        await stage.alice.react(room, event, "👍")
        await stage.until(lambda: stage.parts.queue.waiting)
    await stage.network.say("#room", "alice", "hello", id="late", txn=txn)
    if not early:
        await stage.stored("SELECT event FROM link WHERE message = 'late'", 1)
        await stage.alice.react(room, event, "👍")
    await stage.network.wait(lambda: bool(stage.network.acted(Reaction)))
    assert [one.target for one in stage.network.acted(Reaction)] == ["late"]


async def test_rule_20_an_id_that_comes_between_two_looks_is_used(stage, monkeypatch):
    """Nothing is linked at the first look, nothing awaited at the second: it came between them."""
    room = await stage.begin()
    event = await stage.alice.say(room, "hello")
    await stage.until(lambda: stage.network.texts() == ["hello"])
    await stage.stored("SELECT message FROM link WHERE login IS NOT NULL", 1)
    rows = stage.parts.portals.rows
    look, looks = rows.of_event, []

    async def of_event(portal, target):
        looks.append(target)
        return () if len(looks) == 1 else await look(portal, target)

    monkeypatch.setattr(rows, "of_event", of_event)
    await stage.alice.edit(room, event, "hallo")
    await stage.until(lambda: stage.network.acted(Edit))
    assert [one.target for one in stage.network.acted(Edit)] == ["sent-0"]
