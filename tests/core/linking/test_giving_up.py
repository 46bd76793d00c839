"""A chat unlinked, a room deleted: what is said before it is done, and what is done."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RoomID, UserID
from bridgekit.models import PortalState
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Level
from bridgekit.room.giving_up import GivingUp
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS, BOT, both_ways

ALICE = UserID("@alice:example.org")
CONFIGURED = (
    "The configuration links this chat: it comes back when the bridge starts anew, "
    "unless it is taken out of `links`."
)


def giving_up(rig):
    parts = rig.bridge.parts
    rooms = parts.matrix.rooms
    return GivingUp(
        portals=parts.portals,
        owners=parts.owners,
        permissions=Permissions(rig.permissions),
        unlinking=rooms.unlinking,
        intents=parts.intents,
        namespaces=rig.config.namespaces,
        configured=rooms.linking.configured,
    )


async def unseen(_: str) -> None:
    """How far it is."""


async def bridged(rig):
    """A room of ours, with alice and bob in it."""
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await both_ways(rig, alice, room)
    (portal,) = await rig.bridge.parts.portals.in_room(room)
    return alice, portal


async def test_what_an_unlinking_takes_is_said_before_and_nothing_is_done_yet(rig):
    _, portal = await bridged(rig)
    preview = await giving_up(rig).preview_unlink(portal)
    assert preview.sentences == (
        "#room of loop is not bridged with this room any more.",
        "1 of its people leave the room.",
        f"{ALIAS} leads here no longer: who asks for it gets another room.",
        "What is still on its way, in either direction, may not arrive.",
        "What was said stays; edits and deletions of it do not cross any more.",
        CONFIGURED,
    )
    assert rig.hs.world.rooms[portal.room].membership("@loop_bob:example.org") == "join"


async def test_an_unlinking_does_what_was_said(rig):
    alice, portal = await bridged(rig)
    await giving_up(rig).unlink(portal)
    room = rig.hs.world.rooms[portal.room]
    assert room.membership("@loop_bob:example.org") == "leave"
    assert ALIAS not in rig.hs.world.aliases
    assert "from the network" in await alice.bodies(portal.room)


async def test_a_room_of_somebody_else_is_unlinked_and_never_deleted(rig):
    rig.links = ()
    await rig.start()
    alice = rig.hs.person("alice")
    room = RoomID(await alice.create_room(invite=[BOT], preset="public_chat"))
    linking = rig.bridge.parts.matrix.rooms.linking
    portal = await linking.link(NETWORK, Chat(ChatID("#room")), room)
    preview = await giving_up(rig).preview_unlink(portal)
    assert "configuration" not in preview.text
    with pytest.raises(Rejected, match="not made by the bridge"):
        await giving_up(rig).preview_delete(portal, None)


async def test_a_shared_room_is_an_admins_to_delete(rig):
    _, portal = await bridged(rig)
    with pytest.raises(Rejected, match=r"You may not operate this bridge.*permissions"):
        await giving_up(rig).preview_delete(portal, ALICE)
    with pytest.raises(Rejected, match=r"You may not operate this bridge"):
        await giving_up(rig).delete(portal, ALICE, unseen)
    rig.permissions[ALICE] = Level.ADMIN
    preview = await giving_up(rig).preview_delete(portal, ALICE)
    assert preview.sentences[0] == "The room of #room of loop is deleted: 1 people are put out."


async def test_a_deleted_room_is_left_empty_and_its_chat_is_free_again(rig):
    _, portal = await bridged(rig)
    await giving_up(rig).delete(portal, None, unseen)
    room = rig.hs.world.rooms[portal.room]
    for user in (ALICE, BOT, "@loop_bob:example.org"):
        assert room.membership(user) == "leave"
    after = await rig.bridge.parts.portals.get(portal.id)
    assert (after.state, after.room) == (PortalState.NEW, None)
    assert ALIAS not in rig.hs.world.aliases


async def test_a_room_with_another_chat_is_not_deleted(rig):
    _, portal = await bridged(rig)
    linking = rig.bridge.parts.matrix.rooms.linking
    await linking.link(NETWORK, Chat(ChatID("#two")), portal.room)
    with pytest.raises(Rejected, match="bridged with #two of loop too"):
        await giving_up(rig).preview_delete(portal, None)


async def test_a_direct_chat_is_its_persons_to_delete(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    first = await alice.create_room(invite=["@loop_bob:example.org"], direct=True)
    await alice.say(first, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts())
    (login,) = [client.login.id for client in rig.network.clients.values() if client.me == "alice"]
    await rig.network.say("carol", "carol", "hi alice", id="c1", to=login)
    await rig.hs.wait_for(lambda: _with(rig, "@loop_carol:example.org"))
    room = _with(rig, "@loop_carol:example.org")
    await alice.join(room.id)
    (portal,) = await rig.bridge.parts.portals.in_room(room.id)
    with pytest.raises(Rejected, match="You may not"):
        await giving_up(rig).delete(portal, UserID("@mallory:example.org"), unseen)
    preview = await giving_up(rig).preview_delete(portal, ALICE)
    assert "carol" not in preview.text
    assert "the next message there makes a new room" in preview.text
    await giving_up(rig).delete(portal, ALICE, unseen)
    assert room.membership(ALICE) == "leave"
    await rig.network.say("carol", "carol", "hi again", id="c2", to=login)
    await rig.hs.wait_for(
        lambda: len([one for one in rig.hs.world.rooms.values() if _has(one, "carol")]) == 2
    )


def _has(room, name):
    return room.membership(f"@loop_{name}:example.org") is not None


def _with(rig, user):
    return next(
        (one for one in rig.hs.world.rooms.values() if one.membership(user) == "join"), None
    )
