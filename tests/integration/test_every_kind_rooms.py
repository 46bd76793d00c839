"""Names, topics, pictures, direct chats, chats that move, and rooms of every version."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.events import ChatChange, Message, RemoteEvent
from bridgekit.facts import Chat, ChatInfo, Rank
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.testing.homeserver import MatrixError
from bridgekit.testing.rig import DOMAIN
from tests.core.media.samples import picture
from tests.integration.synapse_rig import BOT, PATIENCE, Place, rooms_of

pytestmark = [pytest.mark.synapse, pytest.mark.asyncio(loop_scope="session")]

PNG = picture()


async def test_name_topic_and_picture_to_the_network(place):
    await place.alice.set_name(place.room, "Garden")
    await place.until(lambda: place.over_there.name == "Garden")
    await place.alice.set_topic(place.room, "Plants")
    await place.until(lambda: place.over_there.topic == "Plants")
    await place.alice.set_avatar(place.room, await place.alice.upload(PNG, "image/png"))
    await place.until(lambda: place.over_there.info.avatar)
    assert place.network.files[place.over_there.info.avatar.source].data == PNG
    await place.alice.set_avatar(place.room, "")
    await place.until(lambda: place.over_there.info.avatar.source == "")


async def test_name_topic_and_picture_to_matrix(place):
    bob = place.someone()
    await bob.rename_chat(place.chat, "Garden")
    await place.became("m.room.name", lambda content: content["name"] == "Garden")
    await bob.retopic(place.chat, "Plants")
    await place.became("m.room.topic", lambda content: content["topic"] == "Plants")
    await bob.change_chat(place.chat, ChatInfo(avatar=bob.file("a.png", PNG, "image/png")))
    avatar = await place.became("m.room.avatar", lambda content: content.get("url"))
    assert await place.alice.download(avatar["url"]) == PNG
    await bob.change_chat(place.chat, ChatInfo(topic=""))
    await place.became("m.room.topic", lambda content: not content.get("topic"))
    assert place.acted(ChatChange) == []  # what the network said is not said back


async def test_who_may_speak_both_ways(place):
    await place.from_alice()
    bob = place.someone()
    levels = "m.room.power_levels"
    await bob.change_chat(place.chat, ChatInfo(may_speak=Rank.MODERATOR))
    content = await place.became(levels, lambda content: content.get("events_default") == 50)
    await place.alice.set_state(place.room, levels, {**content, "events_default": 0})
    await place.until(lambda: place.over_there.info.may_speak is Rank.MEMBER)


async def test_a_name_that_the_network_does_not_take_is_told(bare):
    await bare.alice.set_name(bare.room, "Garden")
    await bare.notice("does not take the name of a room")
    assert bare.acted(ChatChange) == []


async def test_a_chat_that_moves_keeps_its_room(place):
    bob = place.someone()
    await place.from_bob(bob)
    await bob.move(place.chat, f"{place.chat}-new")
    await bob.say(f"{place.chat}-new", "here now")
    await place.shown("here now")
    await place.alice.say(place.room, "me too")
    await place.network.wait(lambda: place.network.texts(f"{place.chat}-new") == ["me too"])


async def test_a_part_of_a_chat_has_a_room_for_the_people_of_the_whole(place):
    part = Chat(ChatID(f"{place.chat}/tea"), parent=ChatID(place.chat))
    said = Message(from_plain("green tea"))
    event = RemoteEvent(part, RemoteUserID("bob"), said, MessageID("green"))
    await place.network.deliver(event)
    told = await place.notice("has a room of its own: ")
    room = told["content"]["body"].rpartition("/")[2].partition("?")[0]
    await place.alice.join(room)
    async with asyncio.timeout(PATIENCE):
        await place.alice.wait_for(room, lambda one: one["content"].get("body") == "green tea")
    stranger = await place.another()
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await stranger.join(room)


async def test_a_direct_chat_that_begins_on_the_network(place):
    carol = await place.another()
    await carol.join(place.room)
    await carol.say(place.room, "hello")
    await place.told("hello")
    me = carol.user_id[1:].partition(":")[0]
    login = next(one for one, client in place.network.clients.items() if client.me == me)
    bob = place.someone()
    await bob.say(bob.user, "psst", to=login)
    async with asyncio.timeout(PATIENCE):
        room = await invited(carol)
        await carol.join(room)
        event = await carol.wait_for(room, lambda e: e["content"].get("body") == "psst")
    assert event["sender"] == place.ghost(bob.user)
    await carol.say(room, "yes?")
    await place.network.wait(lambda: place.network.texts(bob.user) == ["yes?"])
    assert place.network.chat(bob.user, login).texts() == ["psst", "yes?"]


async def invited(person):
    """A room that somebody is invited into."""
    async for rooms in rooms_of(person):
        for room in rooms.get("invite", {}):
            return room
    raise AssertionError("they never end")


async def test_a_direct_chat_that_begins_on_matrix(place):
    carol, bob = await place.another(), place.someone()
    ghost = place.ghost(bob.user)
    room = await carol.create_room(invite=[ghost], preset="trusted_private_chat", direct=True)
    async with asyncio.timeout(PATIENCE):
        await carol.wait_for(
            room,
            lambda e: (e.get("state_key"), e["content"].get("membership")) == (ghost, "join"),
        )
    await carol.say(room, "psst")
    await place.network.wait(lambda: place.network.texts(bob.user) == ["psst"])


@pytest.fixture
async def linked(place):
    """A room of a person's, of some version, linked to a chat of its own."""

    async def link(version: str) -> Place:
        users = {BOT: 100} | ({} if version == "12" else {place.alice.user_id: 100})
        room = await place.alice.create_room(
            preset="public_chat",
            room_version=version,
            power_level_content_override={"users": users},
        )
        await place.alice.invite(room, BOT)
        chat = f"{place.chat}-{version}"
        linking = place.rig.bridge.parts.matrix.rooms.linking
        await linking.link(place.prefix, Chat(ChatID(chat)), room)
        return Place(place.rig, place.prefix, chat, room, place.alice, place.bot, place.another)

    return link


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_redactions_and_powers_in_every_room_version(linked, version):
    place = await linked(version)
    assert (await place.alice.state(place.room, "m.room.create"))["room_version"] == version
    assert place.room.endswith(f":{DOMAIN}") == (version != "12")
    bob = place.someone()
    event, message = await place.from_alice("oops")
    await place.alice.redact(place.room, event)
    await place.until(lambda: place.over_there.messages[message].deleted)
    event, message = await place.from_bob(bob, "oops too")
    await bob.delete(place.chat, message)
    await place.redacted(event)
    ghost = place.ghost(bob.user)
    await bob.set_rank(place.chat, bob.user, Rank.ADMIN)
    content = await place.became(
        "m.room.power_levels", lambda content: content["users"].get(ghost) == 75
    )
    assert (place.alice.user_id in content["users"]) == (version != "12")
    await place.alice.say(place.room, "@room hear", mention_room=True)
    await place.told("@room hear")
    event, message = await place.from_bob(bob, "to be moderated")
    await place.alice.redact(place.room, event, "rude")
    await place.until(lambda: place.over_there.messages[message].deleted)
    await place.alice.kick(place.room, ghost, "enough")
    await place.until(lambda: place.over_there.reasons.get(bob.user) == "enough")
