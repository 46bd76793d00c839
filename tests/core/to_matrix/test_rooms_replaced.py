"""What may have been sent into a room that its chat has left since is not shown a second time."""

from __future__ import annotations

import re

import pytest

from bridgekit.events import ChatChange, Edit, Message, Reaction, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID, MessageID, PortalKey, RemoteUserID
from bridgekit.models import Direction, lane_to_matrix
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import BOT, unheard
from tests.core.linking.test_upgrades import followed, opened, upgraded

CHAT = ChatID("#room")


@pytest.fixture
async def doubted(rig):
    """A message is in Alice's room; the bridge cannot find out that it is."""
    rig.alice = rig.hs.person("alice")
    rig.old = await opened(rig, rig.alice)
    answer = rig.hs.delay("PUT", "/send/")
    await rig.network.say(CHAT, "bob", "one", id="m1")
    await answer.reached.wait()
    await rig.kill()
    with unheard(rig):
        answer.release()
        await rig.alice.wait_for(rig.old, lambda event: event["content"].get("body") == "one")
    rig.links = ()
    await rig.hs.restart()  # it forgets that it took it
    rig.look = rig.hs.fail("GET", "/messages", status=429, retry_after_ms=100, times=None)
    await rig.start()
    await rig.hs.wait_for(lambda: rig.look.struck)
    return rig


async def shown_once(rig, new):
    rig.look.clear()
    await rig.network.say(CHAT, "bob", "two", id="m2")
    await rig.alice.wait_for(new, lambda event: event["content"].get("body") == "two")
    shown = [await rig.alice.bodies(room) for room in (rig.old, new)]
    assert [bodies.count("one") for bodies in shown] == [1, 0]


async def test_rule_14_what_is_in_doubt_is_looked_for_in_the_room_that_was_replaced(doubted):
    new = await upgraded(doubted.alice, doubted.old)
    await followed(doubted, doubted.old)
    await shown_once(doubted, new)


async def test_rule_14_what_is_in_doubt_is_looked_for_where_its_chat_was_linked_before(doubted):
    new = await doubted.alice.create_room(invite=[BOT], preset="public_chat")
    rooms = doubted.bridge.parts.matrix.rooms
    portal = await doubted.bridge.parts.portals.find(PortalKey(NETWORK, CHAT))
    await rooms.unlinking.unlink(portal)
    await rooms.linking.link(NETWORK, Chat(CHAT), new)
    await shown_once(doubted, new)


@pytest.fixture
async def changing(rig):
    """Alice's room, whose topic the bridge may change."""
    rig.alice = rig.hs.person("alice")
    rig.old = await opened(rig, rig.alice)
    levels = await rig.alice.state(rig.old, "m.room.power_levels")
    users = {**levels["users"], BOT: 100}
    await rig.alice.set_state(rig.old, "m.room.power_levels", {**levels, "users": users})
    return rig


async def shown(rig, room, topic):
    await rig.alice.wait_for(room, lambda event: event["content"].get("topic") == topic)


async def called(rig, topic):
    await delivered(rig, ChatChange(ChatInfo(topic=topic)), f"topic {topic}")


async def test_what_a_chat_is_called_between_the_upgrade_and_the_move_is_said_in_the_new_room(
    changing,
):
    await called(changing, "before")
    await shown(changing, changing.old, "before")
    gate = changing.hs.delay("POST", "/join/")
    new = await upgraded(changing.alice, changing.old)
    await gate.reached.wait()
    await called(changing, "between")
    await shown(changing, changing.old, "between")
    gate.release()
    await followed(changing, changing.old)
    assert changing.hs.world.rooms[new].content("m.room.topic")["topic"] == "between"


async def test_what_is_on_its_way_to_the_old_room_when_its_chat_moves_is_said_in_the_new_one(
    changing,
):
    gate = changing.hs.delay("PUT", "/state/m.room.topic")
    await called(changing, "late")
    await gate.reached.wait()
    new = await upgraded(changing.alice, changing.old)
    await followed(changing, changing.old)
    gate.release()
    await shown(changing, new, "late")


async def test_what_people_call_the_new_room_stays(changing):
    await called(changing, "before")
    await shown(changing, changing.old, "before")
    gate = changing.hs.delay("POST", "/join/")
    new = await upgraded(changing.alice, changing.old)
    await gate.reached.wait()
    await changing.alice.set_state(new, "m.room.topic", {"topic": "ours"})
    gate.release()
    await followed(changing, changing.old)
    assert changing.hs.world.rooms[new].content("m.room.topic")["topic"] == "ours"


async def test_what_is_deleted_after_the_move_is_taken_back_in_the_room_where_it_was_said(changing):
    await said_there(changing, "a secret", "m7")
    await upgraded(changing.alice, changing.old)
    await followed(changing, changing.old)
    await changing.network.person("bob").delete(CHAT, "m7")
    while "a secret" in await changing.alice.bodies(changing.old):
        await changing.alice.wait_for(
            changing.old, lambda event: event["type"] == "m.room.redaction"
        )


async def test_what_a_chat_is_called_just_before_the_move_is_said_in_the_new_room(changing):
    await called(changing, "before")
    await shown(changing, changing.old, "before")
    gate = changing.hs.delay("GET", "/state/m.room.avatar")  # it has looked at the topic by then
    new = await upgraded(changing.alice, changing.old)
    await gate.reached.wait()
    await called(changing, "between")
    await shown(changing, changing.old, "between")
    (portal,) = await changing.bridge.parts.portals.in_room(changing.old)
    await changing.bridge.parts.queue.idle(lane_to_matrix(portal.id))
    gate.release()
    await shown(changing, new, "between")


async def test_what_is_deleted_after_two_moves_is_taken_back_in_the_room_where_it_was_said(
    changing,
):
    await said_there(changing, "a secret", "m7")
    new = await upgraded(changing.alice, changing.old)
    await followed(changing, changing.old)
    await said_there(changing, "here", "m8", new)
    newest = await upgraded(changing.alice, new)
    await followed(changing, new)
    await said_there(changing, "there", "m9", newest)
    await changing.network.person("bob").delete(CHAT, "m7")
    await said_there(changing, "behind", "m10", newest)
    assert "a secret" not in await changing.alice.bodies(changing.old)


async def said_there(rig, text, message, room=None):
    await rig.network.say(CHAT, "bob", text, id=message)
    await rig.alice.wait_for(room or rig.old, lambda event: event["content"].get("body") == text)


async def moved(rig):
    """Bob has said something, and his chat has another room since."""
    await said_there(rig, "wrogn", "m7")
    new = await upgraded(rig.alice, rig.old)
    await followed(rig, rig.old)
    return new


async def delivered(rig, content, key):
    await rig.network.deliver(RemoteEvent(Chat(CHAT), RemoteUserID("bob"), content, key=key))


async def test_what_is_deleted_where_it_was_said_is_looked_for_nowhere_else(changing):
    new = await moved(changing)
    await said_there(changing, "a secret", "m8", new)
    asked = changing.hs.fail("GET", f"{re.escape(changing.old)}/state/m.room.create", times=None)
    await changing.network.person("bob").delete(CHAT, "m8")
    await said_there(changing, "behind", "m9", new)
    assert "a secret" not in await changing.alice.bodies(new)
    assert not asked.struck


async def test_what_is_changed_after_the_move_is_said_in_the_new_room(changing):
    new = await moved(changing)
    await delivered(changing, Edit(MessageID("m7"), Message(from_plain("right")), "2"), "edit")
    event = await changing.alice.wait_for(new, lambda e: e["content"].get("body") == "* right")
    assert "m.new_content" not in event["content"]
    assert event["sender"] == "@loop_bob:example.org"
    assert "wrogn" in await changing.alice.bodies(changing.old)
    await delivered(changing, Edit(MessageID("m7"), Message(from_plain("better")), "4"), "again")
    await said_there(changing, "behind", "m9", new)
    texts = [one["content"] for one in await changing.alice.messages(new)]
    edits = [one for one in texts if one.get("m.relates_to", {}).get("rel_type") == "m.replace"]
    assert [one["m.new_content"]["body"] for one in edits] == ["better"]
    assert edits[0]["m.relates_to"]["event_id"] == event["event_id"]


async def test_an_edit_that_changes_nothing_is_not_said_after_the_move_either(changing):
    new = await moved(changing)
    await delivered(changing, Edit(MessageID("m7"), Message(from_plain("wrogn")), "2"), "preview")
    await said_there(changing, "behind", "m9", new)
    assert "* wrogn" not in await changing.alice.bodies(new)


async def test_what_is_changed_after_a_chat_was_linked_to_another_room_is_not_said_there(changing):
    await said_there(changing, "wrogn", "m7")
    other = await changing.alice.create_room(preset="public_chat")
    rooms, portals = changing.bridge.parts.matrix.rooms, changing.bridge.parts.portals
    await rooms.unlinking.unlink(await portals.find(PortalKey(NETWORK, CHAT)))
    await rooms.linking.link(NETWORK, Chat(CHAT), other)
    await delivered(changing, Edit(MessageID("m7"), Message(from_plain("right")), "2"), "edit")
    await said_there(changing, "behind", "m9", other)
    assert "* right" not in await changing.alice.bodies(other)


async def test_what_is_said_after_the_move_in_a_thread_from_before_is_said_in_the_new_room(
    changing,
):
    new = await moved(changing)
    await delivered(changing, Message(from_plain("so it is"), thread=MessageID("m7")), "answer")
    event = await changing.alice.wait_for(new, lambda e: e["content"].get("body") == "so it is")
    assert "m.relates_to" not in event["content"]


async def test_a_reaction_after_the_move_to_what_was_said_before_is_let_go(changing):
    new = await moved(changing)
    await delivered(changing, Reaction(MessageID("m7"), "👍"), "reaction")
    await said_there(changing, "behind", "m9", new)
    counts, unknown = changing.bridge.parts.status.counts, Reason.TARGET_UNKNOWN
    await changing.hs.wait_for(lambda: counts[NETWORK, Direction.TO_MATRIX, unknown] == 1)


async def test_what_is_said_while_a_replaced_room_is_closed_already_waits_for_the_new_one(rig):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    gate = rig.hs.delay("GET", "/state/m.room.create")
    new = await upgraded(alice, old)
    await gate.reached.wait()
    asked = rig.hs.delay("GET", "/state/m.room.tombstone")  # why even the bot may not speak
    await rig.network.say(CHAT, "bob", "in between", id="m7")
    await asked.reached.wait()
    asked.release()
    gate.release()
    await alice.wait_for(new, lambda event: event["content"].get("body") == "in between")


async def test_an_upgrade_mutes_nobody(changing):
    new = await moved(changing)
    await said_there(changing, "behind", "m9", new)
    assert changing.network.chat("#room").info.may_speak is None
    assert changing.hs.world.rooms[new].content("m.room.power_levels").get("events_default", 0) == 0


async def test_what_nobody_told_us_was_replaced_is_found_when_it_takes_nothing_more(rig):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    with unheard(rig):
        new = await upgraded(alice, old)
    await rig.network.say(CHAT, "bob", "anybody there?", id="m7")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "anybody there?")
