"""Rooms by hand on a real Synapse: linked, turned, unlinked and deleted by commands in the room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.permissions.rights import Level
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.core.moderation.circling import at_work, mirror, relay
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

pytestmark = pytest.mark.synapse

BOB = f"@loop_bob:{DOMAIN}"


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[SynapseRig]:
    with or_skip(on_synapse(tmp_path, database)) as rig:
        async with rig:
            rig.links = ()
            rig.permissions[f"@alice:{DOMAIN}"] = Level.ADMIN
            yield rig


@pytest.fixture
async def crowd(rig):
    async with people(rig.hs) as crowd:
        yield crowd


@pytest.fixture
async def alice(crowd) -> Person:
    return await crowd.person("alice")


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    async with asyncio.timeout(240):
        yield


async def own_room(alice):
    room = await alice.create_room(invite=[BOT], preset="public_chat")
    await alice.wait_for(
        room,
        lambda event: (
            event.get("state_key") == BOT and event["content"].get("membership") == "join"
        ),
    )
    return room


async def tells(person, room, command, answer):
    """Give a command; returns what the bridge answers, which must contain `answer`."""
    before = {event["event_id"] for event in await person.events(room)}
    await person.say(room, f"!bridge {command}")
    event = await person.wait_for(
        room,
        lambda event: (
            event["sender"] == BOT
            and event["event_id"] not in before
            and event["type"] == "m.room.message"
            and not event["content"]["body"].endswith("…")  # how far it is
        ),
    )
    assert answer in event["content"]["body"]
    return event["content"]["body"]


async def hears(person, room, body):
    await person.wait_for(room, lambda event: event["content"].get("body") == body)


async def test_a_room_is_linked_turned_and_unlinked_by_commands(rig, alice):
    await rig.start()
    room = await own_room(alice)
    preview = await tells(alice, room, "link loop #tea", "in both directions")
    assert "confirm" in preview
    await rig.network.say("#tea", "bob", "too early", id="t0")
    await tells(alice, room, "confirm", "#tea of loop is bridged with this room")
    await rig.network.say("#tea", "bob", "hello", id="t1")
    await hears(alice, room, "hello")
    await alice.say(room, "hello bob")
    await rig.network.wait(lambda: "hello bob" in rig.network.texts("#tea"))
    await tells(alice, room, "direction to_matrix", "from there to this room only")
    await alice.say(room, "not heard")
    await tells(alice, room, "unlink", "1 of its people leave")
    await tells(alice, room, "confirm", "unlinked")
    assert BOB not in await alice.members(room)
    assert "too early" not in await alice.bodies(room)
    assert rig.network.texts("#tea") == ["hello bob"]


async def test_who_may_not_change_the_room_or_does_not_run_the_chat_links_nothing(
    rig, crowd, alice
):
    await rig.start()
    mallory = await crowd.person("mallory")
    room = await own_room(alice)
    await mallory.join(room)
    await tells(mallory, room, "link loop #tea", "You may not change the settings of this room")
    await alice.set_power(room, mallory.user_id, 50)
    await tells(mallory, room, "link loop #tea", "Who runs #tea on loop must want it")
    await tells(mallory, room, "confirm", "There is nothing to confirm")
    assert await rig.bridge.parts.portals.in_room(room) == ()


async def test_two_bridges_and_a_relay_that_answer_everything_are_stopped(rig, crowd, alice):
    await rig.start()
    bot = await crowd.person("relaybot")
    room = await own_room(alice)
    await tells(alice, room, "link loop #room", "in both directions")
    await tells(alice, room, "confirm", "is bridged")
    await bot.join(room)
    async with at_work(mirror(rig), relay(bot, room)):
        await alice.say(room, "is anybody there at this hour?")
        await alice.wait_for(
            room, lambda event: "goes round and round" in event["content"].get("body", "")
        )
        await rig.network.say("#room", "bob", "this is not going round", id="b1")
        await hears(alice, room, "this is not going round")
        await alice.say(room, "nor is this")
        await rig.network.wait(lambda: "nor is this" in rig.network.texts("#room"))
    told = [body for body in await alice.bodies(room) if "goes round and round" in body]
    assert len([body for body in told if body.startswith("⚠")]) == 1


async def test_a_policy_list_on_synapse_is_read_and_followed(rig, crowd, alice):
    mallory = await crowd.person("mallory")
    rules = await alice.create_room(preset="public_chat")
    content = {"entity": "@loop_spam*:*", "recommendation": "m.ban", "reason": "spam"}
    await alice.set_state(rules, "m.policy.rule.user", content, "1")
    rig.settings["moderation"] = ModerationSettings(lists=(rules,))
    await rig.start()
    room = await own_room(alice)
    await tells(alice, room, "link loop #tea", "in both directions")
    await tells(alice, room, "confirm", "is bridged")
    await rig.network.say("#tea", "spammer", "buy", id="s1")
    await rig.network.say("#tea", "bob", "hello", id="b1")
    await hears(alice, room, "hello")
    assert "buy" not in await alice.bodies(room)
    content = {"entity": mallory.user_id, "recommendation": "m.ban", "reason": "spam"}
    await alice.set_state(rules, "m.policy.rule.user", content, "2")
    await mallory.join(room)
    await mallory.say(room, "buy, too")
    await alice.say(room, "hello bob")
    await rig.network.wait(lambda: "hello bob" in rig.network.texts("#tea"))
    assert rig.network.texts("#tea") == ["hello bob"]
