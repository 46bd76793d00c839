"""Policy lists in rooms: read at the start, followed from then on, and obeyed on both sides."""

from __future__ import annotations

from structlog.testing import capture_logs

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.events import Message, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from tests.core.moderation.conftest import ALIAS, count, counted

BOT = "@bridgebot:example.org"
CHAT = Chat(ChatID("#room"))
USER = "m.policy.rule.user"


def ban(entity):
    return {"entity": entity, "recommendation": "m.ban", "reason": "spam"}


async def a_list(rig, *entities, preset="public_chat"):
    """A moderator's list, which the configuration names."""
    moderator = rig.hs.person("moderator")
    room = await moderator.create_room(preset=preset)
    for number, entity in enumerate(entities):
        await moderator.set_state(room, USER, ban(entity), f"rule {number}")
    rig.settings["moderation"] = ModerationSettings(lists=(room,))
    return moderator, room


async def test_whom_a_list_names_does_not_cross_from_matrix_and_others_do(rig):
    await a_list(rig, "@mallory:*")
    await rig.start()
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    room = await alice.join(ALIAS)
    await mallory.join(ALIAS)
    await mallory.say(room, "buy")
    await alice.say(room, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts("#room"))
    assert rig.network.texts("#room") == ["hello"]
    assert count(rig, Direction.TO_NETWORK, Reason.LISTED) == 1


async def test_whom_a_list_names_does_not_cross_from_a_network(rig):
    await a_list(rig, "@loop_mallory:example.org")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.network.say("#room", "mallory", "buy", id="m1")
    await rig.network.say("#room", "bob", "hello", id="m2")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "hello")
    assert await alice.bodies(room) == ["hello"]
    assert count(rig, Direction.TO_MATRIX, Reason.LISTED)  # twice, if the past was read just then


async def test_nor_does_what_they_said_while_nobody_listened(rig):
    await a_list(rig, "@loop_mallory:example.org")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await rig.network.say("#room", "bob", "hello", id="m1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "hello")
    await rig.stop()
    for who, words in (("mallory", "buy"), ("bob", "back")):
        missed = Message(from_plain(words))
        rig.network.happen(RemoteEvent(CHAT, RemoteUserID(who), missed, id=MessageID(words)))
    await rig.start()
    await alice.wait_for(room, lambda event: event["content"].get("body") == "back")
    assert await alice.bodies(room) == ["hello", "back"]


async def test_a_rule_counts_as_soon_as_it_is_made_and_no_longer_once_taken_back(rig):
    moderator, list_room = await a_list(rig)
    await rig.start()
    mallory = rig.hs.person("mallory")
    room = await mallory.join(ALIAS)
    await moderator.set_state(list_room, USER, ban("@mallory:example.org"), "m")
    await mallory.say(room, "buy")
    await moderator.set_state(list_room, USER, {}, "m")
    await mallory.say(room, "sorry")
    await rig.network.wait(lambda: "sorry" in rig.network.texts("#room"))
    assert rig.network.texts("#room") == ["sorry"]


async def test_whom_a_list_names_opens_no_direct_chat(rig):
    await a_list(rig, "@mallory:example.org")
    await rig.start()
    mallory, alice = rig.hs.person("mallory"), rig.hs.person("alice")
    room = await mallory.create_room(invite=["@loop_bob:example.org"], direct=True)
    other = await alice.create_room(invite=["@loop_bob:example.org"], direct=True)
    world = rig.hs.world.rooms
    await rig.hs.wait_for(lambda: world[other].membership("@loop_bob:example.org") == "join")
    assert world[room].membership("@loop_bob:example.org") == "invite"
    assert rig.bridge.parts.status.counts["", Direction.TO_NETWORK, Reason.LISTED] == 1


async def test_a_list_that_cannot_be_read_stops_nothing_and_is_read_later(rig):
    moderator, list_room = await a_list(rig, "@mallory:*", preset="private_chat")
    with capture_logs() as logs:
        await rig.start()
    (said,) = [line for line in logs if line["event"] == "a policy list is not obeyed yet"]
    assert BOT in said["fix"]
    mallory = rig.hs.person("mallory")
    room = await mallory.join(ALIAS)
    await mallory.say(room, "before")
    await rig.network.wait(lambda: "before" in rig.network.texts("#room"))
    await moderator.invite(list_room, BOT)
    await rig.bridge.parts.matrix.moderation.lists.read()
    await mallory.say(room, "after")
    await rig.hs.pushed()
    await rig.bridge.parts.matrix.inbox.drained()
    assert counted(rig, Reason.LISTED) == 1
    assert rig.network.texts("#room") == ["before"]


async def test_a_list_whose_room_is_replaced_is_followed(rig):
    moderator, old = await a_list(rig, "@mallory:*")
    await rig.start()
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    room = await alice.join(ALIAS)
    await mallory.join(ALIAS)
    new = await moderator.create_room(preset="public_chat")
    await moderator.set_state(new, USER, ban("@trudy:*"), "rule 0")
    await moderator.set_state(old, "m.room.tombstone", {"replacement_room": new})
    policies = rig.bridge.parts.matrix.moderation.asked.policies
    await rig.hs.wait_for(lambda: policies.knows(new) and not policies.knows(old))
    await moderator.set_state(new, USER, ban("@eve:*"), "rule 1")
    for name in ("trudy", "eve"):
        person = rig.hs.person(name)
        await person.join(ALIAS)
        await person.say(room, "buy")
    await mallory.say(room, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts("#room"))
    assert rig.network.texts("#room") == ["hello"]


async def test_until_the_room_that_replaces_a_list_can_be_read_the_old_one_counts(rig):
    moderator, old = await a_list(rig, "@mallory:*")
    new = await moderator.create_room(preset="private_chat")
    await moderator.set_state(old, "m.room.tombstone", {"replacement_room": new})
    with capture_logs() as logs:
        await rig.start()
    assert [line["room"] for line in logs if line["event"] == "a policy list is not obeyed yet"]
    policies = rig.bridge.parts.matrix.moderation.asked.policies
    assert policies.bars("@mallory:example.org")
    await moderator.invite(new, BOT)
    await rig.bridge.parts.matrix.moderation.lists.read()
    assert not policies.bars("@mallory:example.org")
