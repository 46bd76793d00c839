"""The brake: what the operator holds waits in order, both ways, and goes on when it is released."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from bridgekit.clock import SystemClock
from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.place import Place
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, PortalID, PortalKey, RemoteUserID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.models import lane_to_network
from bridgekit.operating.brake import Held
from bridgekit.richtext import from_plain
from bridgekit.store.changes import latest
from bridgekit.supports import SupportsHistory
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
OPERATOR = UserID("@op:example.org")


async def waiting(rig: Rig, number: int) -> None:
    """Return once so many jobs are held at the head of their lanes."""
    queue = rig.bridge.parts.queue
    async with asyncio.timeout(60):
        # Nobody is told when a lane falls asleep.
        while sum(lane.timer is not None for lane in queue.lanes.values()) < number:  # noqa: ASYNC110 (above)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("held", [Held(), Held("loop"), Held("loop", chat="#room")])
async def test_what_is_held_waits_and_then_arrives_once_in_order(rig, held) -> None:
    await rig.start()
    brake = rig.bridge.parts.brake
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.network.say("#room", "bob", "before")  # seen once the past of the room is read
    await alice.wait_for(room, lambda event: event["content"].get("body") == "before")
    await brake.hold(held, OPERATOR, 1)
    for number in range(3):
        await alice.say(room, f"out {number}")
        await rig.network.say("#room", "bob", f"in {number}")
    await waiting(rig, 2)
    assert rig.network.texts() == []
    bodies = await alice.bodies(room)
    assert not [body for body in bodies if body.startswith("in ")]
    assert len([body for body in bodies if "paused this" in body]) == 1
    await brake.release(None, OPERATOR, 2)
    await rig.network.wait(lambda: len(rig.network.texts()) == 3)
    assert rig.network.texts() == ["out 0", "out 1", "out 2"]
    await alice.wait_for(room, lambda event: event["content"].get("body") == "in 2")
    told = [body for body in await alice.bodies(room) if body.startswith("in ")]
    assert told == ["in 0", "in 1", "in 2"]


async def test_another_chat_goes_on(rig) -> None:
    rig.link("#other")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    other = await alice.join("#loop_#other:example.org")
    await rig.bridge.parts.brake.hold(Held("loop", chat="#room"), OPERATOR, 1)
    await alice.say(room, "held")
    await alice.say(other, "free")
    await rig.network.wait(lambda: rig.network.texts() == ["free"])


async def test_a_login_that_is_held_sends_nothing_until_it_is_released(rig) -> None:
    await rig.start()
    parts = rig.bridge.parts
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    event = await alice.say(room, "first")
    await rig.network.wait(lambda: rig.network.texts() == ["first"])
    lane = lane_to_network(PortalID(1))
    await parts.queue.idle(lane)
    (link,) = await parts.portals.rows.of_event(PortalID(1), event)
    held = Held("loop", login=link.login)
    await parts.brake.hold(held, OPERATOR, 1)
    await alice.say(room, "second")
    async with asyncio.timeout(60):
        while not parts.queue.aside.holds(lane, link.login):  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.01)
    assert rig.network.texts() == ["first"]
    await parts.brake.release(held, OPERATOR, 2)
    await rig.network.wait(lambda: rig.network.texts() == ["first", "second"])


async def test_the_brake_outlives_a_restart_and_is_in_the_stream_of_changes(rig) -> None:
    await rig.start()
    now = millis(SystemClock())
    await rig.bridge.parts.brake.hold(Held(), OPERATOR, now)
    await rig.stop()
    await rig.start()
    brake = rig.bridge.parts.brake
    assert brake.everything
    assert brake.shown() == "everything"
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await alice.say(room, "later")
    await waiting(rig, 1)
    await brake.release(None, OPERATOR, now + 1)
    await rig.network.wait(lambda: rig.network.texts() == ["later"])
    found = {one.what: one.detail for one in await latest(rig.bridge.parts.store.reader, 50)}
    assert found["brake"] == f"everything by {OPERATOR}"
    assert found["release"] == f"everything by {OPERATOR}"


async def test_while_everything_is_held_nobody_joins_who_can_wait(rig) -> None:
    await rig.start()
    parts = rig.bridge.parts
    await parts.brake.hold(Held(), OPERATOR, 1)
    entered = asyncio.ensure_future(parts.matrix.moves._pace.enter())
    await asyncio.sleep(0)
    assert not entered.done()
    await parts.brake.release(None, OPERATOR, 2)
    await entered


async def test_commands_hold_and_release_and_say_what_is_held(rig) -> None:
    await rig.start()
    giving = rig.bridge.parts.commands.giving
    operator = Caller(OPERATOR, Via.OPERATOR)

    async def give(*words: str) -> str:
        async def progress(_: str) -> None: ...

        return (await giving.typed(operator, words, Place(None, alone=True), progress)).text

    assert "Held: loop." in await give("brake", "loop")
    assert "Held: loop; loop, chat #room." in await give("brake", "loop", "--chat=#room")
    assert "Still held: loop, chat #room." in await give("release", "loop")
    assert "Everything goes on." in await give("release")
    with pytest.raises(Exception, match="There is no such network"):
        await give("brake", "elsewhere")
    with pytest.raises(Exception, match="There is no such login there"):
        await give("brake", "loop", "--login=bto")
    with pytest.raises(Exception, match="That is not held"):
        await give("release", "loop")
    with pytest.raises(Exception, match="not both"):
        await give("brake", "loop", "--chat=a", "--login=b")


class Asked(SupportsHistory):
    """A client that keeps who asks for the past."""

    asked: ClassVar[list[str]] = []

    async def history(self, chat: ChatID, **span: Any) -> AsyncIterator[RemoteEvent[Any]]:
        Asked.asked.append(chat)
        async for event in super().history(chat, **span):
            yield event


async def told(rig: Rig) -> tuple[Person, str]:
    """Somebody has said something, and alice has seen it."""
    rig.network.extra = (Asked,)
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.network.say("#room", "bob", "first", id="m0")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "first")
    return alice, room


async def test_the_past_of_what_is_held_is_not_read(rig) -> None:
    alice, room = await told(rig)
    await rig.bridge.parts.brake.hold(Held("loop"), OPERATOR, 1)
    await rig.stop()
    missed, who = Message(from_plain("missed")), RemoteUserID("bob")
    rig.network.happen(RemoteEvent(Chat(ChatID("#room")), who, missed, id=MessageID("m1")))
    Asked.asked.clear()
    await rig.start()
    await rig.network.say("#room", "bob", "live", id="m2")  # stored, behind the gap
    brake, looked = rig.bridge.parts.brake, asyncio.Event()

    def stops(key: PortalKey) -> bool:
        looked.set()
        return brake.stops(key)

    rig.bridge.parts.matrix.gaps._braked = stops
    async with asyncio.timeout(60):
        await looked.wait()
    assert Asked.asked == []
    await brake.release(None, OPERATOR, 2)
    await alice.wait_for(room, lambda event: event["content"].get("body") == "live")
    said = [body for body in await alice.bodies(room) if body in ("first", "missed", "live")]
    assert said == ["first", "missed", "live"]
    assert Asked.asked
