"""The commands that open, link and give up rooms, as people type them."""

from __future__ import annotations

import pytest

from bridgekit.commands.refusals import Mistyped, Unknown
from bridgekit.commands.which import which
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalID, PortalKey
from bridgekit.models import Portal
from bridgekit.permissions.rights import Level
from tests.core.commands.conftest import BOT, alone, joined

ALIAS = "#loop_#room:example.org"


def portal(number, network, chat, receiver=None):
    key = PortalKey(NetworkName(network), ChatID(chat), receiver and LoginID(receiver))
    return Portal(PortalID(number), key)


PORTALS = [portal(1, "irc", "#a"), portal(2, "irc", "#b"), portal(3, "loop", "#a")]


@pytest.mark.parametrize(
    ("network", "chat", "number"), [("irc", "#b", 2), ("loop", None, 3), (None, "#b", 2)]
)
def test_what_is_clear_may_be_left_out(network, chat, number):
    assert which(PORTALS, network, chat).id == number


@pytest.mark.parametrize(("network", "chat"), [(None, None), ("irc", None), (None, "#a")])
def test_what_is_not_clear_is_asked_back_with_what_there_is(network, chat):
    with pytest.raises(Mistyped, match="say which: irc #a, irc #b, loop #a"):
        which(PORTALS, network, chat)


def test_what_is_not_there_is_said_and_no_direct_chat_is_named():
    with pytest.raises(Unknown, match=r"has no such chat; it has: a direct chat\."):
        which([portal(1, "irc", "secret", "irc:1")], "loop", None)


async def test_chats_are_opened_started_and_made_from_ones_own_room(rig, tell):
    rig.links = ()
    await rig.start()
    alice, room = await alone(rig)
    world = rig.hs.world.rooms

    async def opened(command):
        said = await tell(alice, room, command)
        assert "you are in it, or invited" in said
        return world[said.rsplit("/", 1)[1]]

    channel = await opened("open loop #tea")
    assert channel.membership(alice.user_id) == "invite"
    direct = await opened("start loop bob")
    assert direct.membership("@loop_bob:example.org") == "join"
    await rig.network.wait(lambda: any(one.me == "alice" for one in rig.network.clients.values()))
    made = await opened('create loop "Tea time" bob carol')
    assert made.content("m.room.name")["name"] == "Tea time"
    assert "Nobody on loop can be called so" in await tell(alice, room, "start loop #tea")


async def test_a_room_is_deleted_by_an_admin_who_has_seen_what_follows(rig, tell):
    await rig.start()
    rig.hs.person("alice")
    admin = rig.hs.person("admin")
    room = await admin.join(ALIAS)
    assert "You may not operate this bridge" in await tell(admin, room, "!bridge delete")
    rig.permissions[admin.user_id] = Level.ADMIN
    await rig.stop()
    await rig.start()
    assert "1 people are put out" in await tell(admin, room, "!bridge delete")
    await admin.say(room, "!bridge confirm")
    state = rig.hs.world.rooms[room]
    await rig.hs.wait_for(lambda: state.membership(BOT) == "leave")
    assert state.membership(admin.user_id) == "leave"


async def test_what_has_changed_since_it_was_shown_is_shown_again(rig, tell):
    rig.links = ()
    await rig.start()
    rig.permissions["@alice:example.org"] = Level.ADMIN
    await rig.stop()
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.create_room(invite=[BOT], preset="public_chat")
    await alice.wait_for(room, joined)
    bob = rig.hs.person("bob")
    await bob.join(room)
    await tell(alice, room, "!bridge link loop #two")
    linking = rig.bridge.parts.matrix.rooms.linking
    await linking.link(NetworkName("loop"), Chat(ChatID("#one")), room)
    again = await tell(alice, room, "!bridge confirm")
    assert "This room is bridged with #one of loop too" in again
    assert len(await rig.bridge.parts.portals.in_room(room)) == 1
    assert "is bridged with this room" in await tell(alice, room, "!bridge confirm")
    assert len(await rig.bridge.parts.portals.in_room(room)) == 2
