"""A room that was upgraded is followed: live, after a pause, or not at all and visibly."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bridgekit.configuration.settings import RoomsSettings
from bridgekit.events import ChatChange, RemoteEvent
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID
from bridgekit.permissions.rights import Level
from bridgekit.room.features import KIND as FEATURES
from tests.core.linking.conftest import ALIAS, BOT, both_ways, unheard
from tests.core.linking.test_descriptions import KEY, described
from tests.core.until import logged


async def upgraded(person, room, version="11"):
    answer = await person.request("POST", f"/rooms/{room}/upgrade", {"new_version": version})
    return answer["replacement_room"]


async def opened(rig, alice):
    """A room of alice's that is linked, with a ghost in it."""
    room = await alice.create_room(invite=[BOT], preset="public_chat", room_version="11")
    rig.links = ()
    rig.link("#room", room)
    rig.hs.world.add_account(BOT)
    await rig.start()
    await rig.tied(room)
    await both_ways(rig, alice, room)
    return room


async def followed(rig, old, ghost="@loop_bob:example.org"):
    """Once the chat has moved, its ghosts leave the old room."""
    await rig.hs.wait_for(lambda: rig.hs.world.rooms[old].membership(ghost) == "leave")


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_an_upgraded_room_is_followed_with_its_ghosts(rig, version):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    new = await upgraded(alice, old, version)
    await followed(rig, old)
    await rig.network.say("#room", "bob", "here now", id="m2")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "here now")
    await alice.say(new, "me too")
    await rig.network.wait(lambda: "me too" in rig.network.texts("#room"))
    assert rig.hs.world.rooms[new].membership("@loop_bob:example.org") == "join"
    assert await rig.bridge.parts.portals.in_room(old) == ()


async def test_an_upgrade_while_the_bridge_was_down_is_found_at_the_start(rig):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    await rig.kill()
    with unheard(rig):
        new = await upgraded(alice, old)
    await rig.start()
    await followed(rig, old)
    await rig.network.say("#room", "bob", "after the pause", id="m2")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "after the pause")


async def test_a_kill_while_a_room_is_followed_is_mended_by_the_next_start(rig):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    gate = rig.hs.delay("POST", "/join/")
    new = await upgraded(alice, old)
    await gate.reached.wait()
    await rig.kill()
    gate.release()
    await rig.start()
    await followed(rig, old)
    await rig.network.say("#room", "bob", "mended", id="m2")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "mended")
    assert (await alice.bodies(new)).count("mended") == 1


async def test_a_closed_room_that_cannot_be_entered_is_followed_once_the_bot_is_invited(rig):
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], room_version="11")
    rig.links = ()
    rig.link("#room", room)
    rig.hs.world.add_account(BOT)
    await rig.start()
    await rig.tied(room)
    await both_ways(rig, alice, room)
    new = await upgraded(alice, room)
    said = await told_in_private(rig, alice)
    assert f"{room} was replaced" in said
    assert "invite it there" in said
    await rig.network.say("#room", "bob", "let in", id="m2")  # nobody of ours may say it by now
    await alice.invite(new, BOT)
    await followed(rig, room)
    await alice.wait_for(new, lambda event: event["content"].get("body") == "let in")


async def told_in_private(rig, person):
    """What the bot says to somebody in a room of their own, as soon as it says anything."""

    def said():
        for room in rig.hs.world.rooms.values():
            if room.membership(person.user_id) == "invite":
                yield from (one for one in room.events if "body" in one.content)

    await rig.hs.wait_for(lambda: any(said()))
    return next(said()).content["body"]


async def tombstone(person, room, content):
    await person.set_state(room, "m.room.tombstone", {"body": "gone", **content})


def foreign_tombstone(rig, person, room, content):
    """One that the homeserver would take of no client of its own, but of another server."""
    world = rig.hs.world
    world.append(world.rooms[room], "m.room.tombstone", person.user_id, content, "")


async def refused(alice, room):
    return await alice.wait_for(
        room, lambda e: "still bridged here" in e["content"].get("body", "")
    )


async def test_a_room_that_replaces_itself_stays_and_says_so(rig):
    alice = rig.hs.person("alice")
    room = await opened(rig, alice)
    foreign_tombstone(rig, alice, room, {"replacement_room": room})
    said = await refused(alice, room)
    assert "circle" in said["content"]["body"]
    await rig.network.say("#room", "bob", "still here", id="m2")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "still here")


async def test_a_room_that_does_not_name_its_predecessor_is_not_followed(rig):
    alice = rig.hs.person("alice")
    room = await opened(rig, alice)
    other = await alice.create_room(preset="public_chat")
    await tombstone(alice, room, {"replacement_room": other})
    said = await refused(alice, room)
    assert "does not say that it replaces" in said["content"]["body"]
    assert await rig.bridge.parts.portals.in_room(other) == ()


async def test_a_successor_in_which_the_sender_has_no_say_is_not_followed(rig):
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    room = await opened(rig, alice)
    await mallory.join(room)
    await alice.set_power(room, mallory.user_id, 100)
    predecessor = {"predecessor": {"room_id": room, "event_id": "$x"}}
    new = await alice.create_room(preset="public_chat", creation_content=predecessor)
    await tombstone(mallory, room, {"replacement_room": new})
    said = await refused(alice, room)
    assert "may not invite" in said["content"]["body"]
    assert await rig.bridge.parts.portals.in_room(new) == ()


async def test_an_admin_of_the_bridge_may_replace_a_room_by_any_successor(rig):
    rig.permissions = {**rig.permissions, "@root:example.org": Level.ADMIN}
    alice, root = rig.hs.person("alice"), rig.hs.person("root")
    room = await opened(rig, alice)
    await root.join(room)
    await alice.set_power(room, root.user_id, 100)
    predecessor = {"predecessor": {"room_id": room, "event_id": "$x"}}
    new = await alice.create_room(preset="public_chat", creation_content=predecessor)
    await tombstone(root, room, {"replacement_room": new})
    await followed(rig, room)
    await rig.network.say("#room", "bob", "by an admin", id="m2")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "by an admin")


@pytest.mark.parametrize("content", [{"body": "closed"}, {"replacement_room": ""}])
async def test_a_room_that_is_closed_for_good_is_unlinked_with_a_notice(rig, content):
    alice = rig.hs.person("alice")
    room = await opened(rig, alice)
    foreign_tombstone(rig, alice, room, content)
    await alice.wait_for(room, lambda e: "This room was closed" in e["content"].get("body", ""))
    world = rig.hs.world
    await rig.hs.wait_for(lambda: world.rooms[room].membership("@loop_bob:example.org") == "leave")
    assert await rig.bridge.parts.portals.in_room(room) == ()


async def test_our_own_room_takes_its_alias_along(rig):
    rig.permissions = {**rig.permissions, "@root:example.org": Level.ADMIN}
    await rig.start()
    alice = rig.hs.person("alice")
    old = await alice.join(ALIAS)
    await both_ways(rig, alice, old)
    bot = rig.bridge.parts.intents
    answer = await bot._call("POST", f"rooms/{old}/upgrade", {"new_version": "12"})
    new = answer["replacement_room"]
    await followed(rig, old)
    await rig.network.say("#room", "bob", "moved", id="m2")
    await alice.join(new)
    await alice.wait_for(new, lambda event: event["content"].get("body") == "moved")
    assert await alice.join(ALIAS) == new


async def test_a_link_of_the_configuration_to_an_upgraded_room_is_followed_and_said(rig):
    alice = rig.hs.person("alice")
    old = await opened(rig, alice)
    new = await upgraded(alice, old)
    await followed(rig, old)
    await rig.network.say("#room", "bob", "first", id="m2")
    await alice.wait_for(new, lambda event: event["content"].get("body") == "first")
    await rig.stop()
    with capture_logs() as logs:
        await rig.start()
        await rig.network.say("#room", "bob", "second", id="m3")
        await alice.wait_for(new, lambda event: event["content"].get("body") == "second")
        (said,) = await logged(logs, "a link names a room that was upgraded")
    assert said["fix"] == f"write {new}"


async def test_an_upgraded_room_of_ours_takes_its_place_in_space_and_directory(rig):
    rig.network_settings.update(space=True, directory="public")
    rig.settings["rooms"] = RoomsSettings(version="11")
    await rig.start()
    alice = rig.hs.person("alice")
    old = await alice.join(ALIAS)
    await both_ways(rig, alice, old)
    world, intents = rig.hs.world, rig.bridge.parts.intents

    def children():
        spaces = [one for one in world.rooms.values() if one.content("m.room.create").get("type")]
        return {
            key
            for one in spaces
            for (kind, key), event in one.state.items()
            if kind == "m.space.child" and event.content
        }

    await rig.hs.wait_for(lambda: children() == {old} == {room for _, room in world.listed})
    levels = await alice.state(old, "m.room.power_levels")
    users = {**levels["users"], alice.user_id: 100}
    await intents.set_state(old, "m.room.power_levels", {**levels, "users": users})
    new = await upgraded(alice, old)
    await followed(rig, old)
    await rig.hs.wait_for(lambda: children() == {new} == {room for _, room in world.listed})


async def test_a_room_of_ours_that_is_closed_for_good_is_listed_nowhere(rig):
    rig.network_settings.update(directory="public")
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await both_ways(rig, alice, room)
    world = rig.hs.world
    await rig.hs.wait_for(lambda: {one for _, one in world.listed} == {room})
    foreign_tombstone(rig, alice, room, {"body": "closed"})
    await rig.hs.wait_for(lambda: world.rooms[room].membership("@loop_bob:example.org") == "leave")
    assert world.listed == set()


async def test_a_secret_chat_stays_so_in_the_room_that_replaces_its_own(rig):
    rig.network_settings.update(directory="public", space=True)
    await rig.start()
    room, world, alice = await described(rig), rig.hs.world, rig.hs.person("alice")
    await rig.hs.wait_for(lambda: world.listed == {("", room.id), ("bridgekit|loop", room.id)})
    change = ChatChange(ChatInfo(secret=True))
    await rig.network.deliver(RemoteEvent(Chat(ChatID("#room")), None, change))
    await rig.hs.wait_for(lambda: not world.listed)
    await alice.join(room.id)
    levels = room.content("m.room.power_levels")
    users = {BOT: 100, alice.user_id: 150}  # a creator is at the top in the next one no more
    world.append(room, "m.room.power_levels", BOT, {**levels, "users": users}, "")
    new = await upgraded(alice, room.id)
    await rig.tied(new)
    await rig.hs.wait_for(lambda: (FEATURES, KEY) in world.rooms[new].state)
    assert not world.listed
