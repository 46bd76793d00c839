"""What rooms say about themselves: bridge information, features, names, space, directory."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bridgekit.adapter import Limits
from bridgekit.configuration.settings import RoomsSettings
from bridgekit.events import ChatChange, RemoteEvent
from bridgekit.facts import Attachment, AttachmentKind, Chat, ChatInfo
from bridgekit.ids import ChatID
from bridgekit.reasons import Reason
from bridgekit.room.bridge_info import FUNCTIONAL, KINDS
from bridgekit.room.features import KIND as FEATURES
from bridgekit.room.features import room_features
from bridgekit.supports import SupportsEdit, SupportsMembership
from bridgekit.testing.clock import settle
from tests.core.linking.conftest import ALIAS, BOT, both_ways

STATES = 4  # kinds of state that a room says of itself
KEY = "example.org/bridgekit/loop/%23room"


def room_of(rig, alias=ALIAS):
    return rig.hs.world.rooms[rig.hs.world.aliases[alias].room]


async def described(rig, alias=ALIAS, key=KEY):
    """The room of an alias, once it says all of it."""
    world = rig.hs.world
    await rig.hs.wait_for(
        lambda: alias in world.aliases and (FEATURES, key) in room_of(rig, alias).state
    )
    return room_of(rig, alias)


async def test_a_room_says_what_it_is_bridged_to_from_its_first_moment(rig):
    await rig.start()
    room = await described(rig)
    for kind in KINDS:
        info = room.content(kind, KEY)
        assert info["bridgebot"] == BOT
        assert info["protocol"] == {"id": "loopback", "displayname": "Loopback"}
        assert info["network"]["id"] == "loop"
        assert info["channel"] == {"id": "#room", "displayname": "#room"}
    assert room.content(FUNCTIONAL) == {"service_members": [BOT]}
    said = [event.type for event in room.events]
    assert [said.count(kind) for kind in (*KINDS, FUNCTIONAL)] == [1, 1, 1]
    joined = next(i for i, one in enumerate(room.events) if one.type == "m.bridge")
    assert joined < said.index("m.room.name")


async def test_a_restart_says_nothing_that_has_not_changed(rig):
    await rig.start()
    room = await described(rig)
    await rig.stop()
    before, sent = len(room.events), rig.hs.requests["PUT /rooms/{room}/state/{type}/{key}"]
    await rig.start()
    alice = rig.hs.person("alice")
    await alice.join(room.id)
    await both_ways(rig, alice, room.id)
    states = [event.type for event in room.events[before:] if event.state_key is not None]
    assert set(states) == {"m.room.member"}
    assert rig.hs.requests["PUT /rooms/{room}/state/{type}/{key}"] == sent


async def test_another_name_of_the_room_is_said(rig):
    await rig.start()
    room = await described(rig)
    (portal,) = await rig.bridge.parts.portals.in_room(room.id)
    push = rig.bridge.parts.matrix.rooms.info.push
    info = ChatInfo(name="Lounge", topic="Tea")
    assert await push(portal, info, _no_picture) is Reason.DELIVERED
    rig.bridge.parts.matrix.rooms.upkeep.wake(portal.id)
    await rig.hs.wait_for(
        lambda: room.content("m.bridge", KEY)["channel"]["displayname"] == "Lounge"
    )


async def test_a_room_says_nothing_of_the_id_that_its_chat_had_before(rig):
    await rig.start()
    room = await described(rig)
    await rig.network.person("bob").move("#room", "#new")
    new = KEY.replace("room", "new")
    kinds = (*KINDS, FEATURES)
    await rig.hs.wait_for(lambda: not any(room.content(kind, KEY) for kind in kinds))
    for kind in KINDS:
        assert room.content(kind, new)["channel"]["id"] == "#new"
    await rig.stop()
    before = len(room.events)
    await rig.start()
    alice = rig.hs.person("alice")
    await alice.join(room.id)
    await alice.say(room.id, "hello")
    await rig.network.wait(lambda: rig.network.texts("#new") == ["hello"])
    assert {one.type for one in room.events[before:]} == {"m.room.member", "m.room.message"}


async def _no_picture(_attachment):
    return None


async def test_name_topic_and_picture_are_set_when_they_change_and_cleared_when_empty(rig):
    await rig.start()
    room = await described(rig)
    (portal,) = await rig.bridge.parts.portals.in_room(room.id)
    push = rig.bridge.parts.matrix.rooms.info.push
    uploads = []

    async def upload(attachment):
        uploads.append(attachment.source)
        return "mxc://example.org/pic"

    picture = Attachment(AttachmentKind.IMAGE, "http://x/pic.png", "pic.png")
    await push(portal, ChatInfo(name="Lounge", topic="Tea", avatar=picture), upload)
    assert room.content("m.room.name") == {"name": "Lounge"}
    assert room.content("m.room.avatar") == {"url": "mxc://example.org/pic"}
    events = len(room.events)
    await push(portal, ChatInfo(name="Lounge", topic="Tea", avatar=picture), upload)
    await push(portal, ChatInfo(), upload)
    assert len(room.events) == events
    await push(portal, ChatInfo(topic="", avatar=replace(picture, source="")), upload)
    assert room.content("m.room.topic") == {"topic": ""}
    assert room.content("m.room.avatar") == {}
    assert room.content("m.room.name") == {"name": "Lounge"}


async def test_state_that_the_bot_may_not_send_is_said_once_and_the_room_is_bridged(rig):
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], preset="public_chat", room_version="11")
    rig.links = ()
    rig.link("#room", room)
    rig.hs.world.add_account(BOT)
    with capture_logs() as logs:
        await rig.start()
        await rig.tied(room)
        await both_ways(rig, alice, room)
        (portal,) = await rig.bridge.parts.portals.in_room(room)
        upkeep = rig.bridge.parts.matrix.rooms.upkeep
        async with asyncio.timeout(60):
            while len(_said(logs)) < STATES:
                await settle()
        before = _powerless(rig)
        for _ in range(3):
            await upkeep._round(portal.id)
    said = _said(logs)
    assert len(said) == len(set(said)) == STATES
    assert _powerless(rig) == before >= STATES


def _powerless(rig):
    counts = rig.bridge.parts.status.counts
    return sum(number for key, number in counts.items() if key[2] is Reason.NO_POWER)


def _said(logs):
    return [line["kind"] for line in logs if line["event"] == "state refused"]


async def test_a_private_chats_id_is_in_no_state_of_its_room(rig):
    await rig.start()
    room = await described(rig)
    alice = rig.hs.person("alice")
    await alice.join(room.id)
    await alice.say(room.id, "hello")
    await rig.network.wait(lambda: rig.network.texts() == ["hello"])
    login = rig.network.heard[0].login
    await rig.network.say("+15551234", "bob", "psst", id="d1", to=login)
    world = rig.hs.world
    await rig.hs.wait_for(lambda: len(world.rooms) == 2)
    private = next(one for one in world.rooms.values() if one.id != room.id)
    await rig.hs.wait_for(lambda: any(kind == FEATURES for kind, _ in private.state))
    told = [(key, event.content) for key, event in private.state.items() if key[0] in KINDS]
    assert len(told) == len(KINDS)
    assert "5551234" not in str(told)


async def test_a_network_that_wants_a_space_has_one_with_its_rooms(rig):
    rig.network_settings["space"] = True
    rig.link("#other")
    await rig.start()
    rooms = {(await described(rig)).id}
    rooms.add((await described(rig, "#loop_#other:example.org", KEY.replace("room", "other"))).id)
    world = rig.hs.world

    def spaces():
        return [one for one in world.rooms.values() if one.content("m.room.create").get("type")]

    def children():
        return {key for kind, key in spaces()[0].state if kind == "m.space.child"}

    await rig.hs.wait_for(lambda: spaces() and children() == rooms)
    await rig.hs.wait_for(
        lambda: all((("m.space.parent", spaces()[0].id)) in world.rooms[one].state for one in rooms)
    )
    await rig.kill()
    await rig.start()
    rig.network_settings["space"] = True
    await rig.hs.pushed()
    assert len(spaces()) == 1


async def test_a_space_whose_creation_was_cut_off_is_found_again(rig):
    rig.network_settings["space"] = True
    rig.hs.lose_answer("POST", "/createRoom", times=2)
    await rig.start()
    world = rig.hs.world

    def spaces():
        return [one for one in world.rooms.values() if one.content("m.room.create").get("type")]

    await rig.hs.wait_for(
        lambda: spaces() and [kind for kind, _ in spaces()[0].state if kind == "m.space.child"]
    )
    assert len(spaces()) == 1


async def test_a_network_whose_rooms_are_public_lists_them_under_its_name(rig):
    rig.network_settings["directory"] = "public"
    await rig.start()
    room = await described(rig)
    wanted = {("", room.id), ("bridgekit|loop", room.id)}
    await rig.hs.wait_for(lambda: rig.hs.world.listed == wanted)


async def test_a_homeserver_that_lists_no_rooms_among_all_lists_them_under_the_network(rig):
    rig.network_settings["directory"] = "public"
    rig.hs.fail("PUT", "/directory/list/room/", status=403, times=None)
    with capture_logs() as logs:
        await rig.start()
        room = await described(rig)
        await rig.hs.wait_for(lambda: rig.hs.world.listed == {("bridgekit|loop", room.id)})
        async with asyncio.timeout(60):
            while not _said(logs):
                await settle()
    (said,) = [line for line in logs if line["event"] == "state refused"]
    assert "room_list_publication_rules" in said["fix"]


async def test_rooms_are_listed_nowhere_unless_the_operator_says_so(rig):
    await rig.start()
    await described(rig)
    assert rig.hs.world.listed == set()


def test_features_follow_limits_and_abilities() -> None:
    class Able(SupportsEdit, SupportsMembership):
        async def edit(self, event):
            raise NotImplementedError

        async def set_member(self, event):
            raise NotImplementedError

    limits = Limits(text=100, attachments=frozenset({AttachmentKind.IMAGE}), media=5, replies=True)
    features = room_features(Able(), limits)  # type: ignore[arg-type]
    assert features["edit"] == 2
    assert features["reaction"] == 1
    assert features["delete"] == -2
    assert features["reply"] == 2
    assert features["thread"] == 1
    assert features["max_text_length"] == 100
    assert features["file"]["m.image"] == {"mime_types": {"*/*": 2}, "caption": 2, "max_size": 5}
    assert features["file"]["m.video"] == {"mime_types": {"*/*": 1}, "caption": 1}
    assert set(features["member_actions"]) == {"invite", "kick", "ban"}


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_rooms_are_made_in_the_version_that_the_operator_chose(rig, version):
    rig.settings["rooms"] = RoomsSettings(version=version)
    await rig.start()
    room = await described(rig)
    assert room.version == version
    alice = rig.hs.person("alice")
    await alice.join(room.id)
    await both_ways(rig, alice, room.id)


async def test_the_room_of_a_secret_chat_is_listed_nowhere_while_it_is_one(rig):
    rig.network_settings.update(directory="public", space=True)
    await rig.start()
    room = await described(rig)
    both = {("", room.id), ("bridgekit|loop", room.id)}
    await rig.hs.wait_for(lambda: rig.hs.world.listed == both)
    for secret, listed in ((True, set()), (False, both)):
        change = ChatChange(ChatInfo(secret=secret))
        await rig.network.deliver(RemoteEvent(Chat(ChatID("#room")), None, change))
        await rig.hs.wait_for(lambda listed=listed: rig.hs.world.listed == listed)
