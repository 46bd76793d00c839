"""Chats that people open on demand: with somebody, by a channel's name, new on the network."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from bridgekit.errors import Rejected, RetryLater
from bridgekit.facts import Chat, ChatInfo, Rank
from bridgekit.ids import ChatID, NetworkName, PortalKey, RemoteUserID, UserID
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Level
from bridgekit.room.consent import Consent
from bridgekit.room.learning import Learning
from bridgekit.room.opening import Opening
from bridgekit.supports import SupportsContacts, SupportsCreate
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS, CREATE, both_ways

ALICE = UserID("@alice:example.org")


class One:
    """A network that has no rules for names, so that it must be asked."""

    def __init__(self, network):
        adapter = SimpleNamespace(manifest=network.adapter.manifest)
        self._only = replace(network, adapter=adapter)

    def get(self, name):
        return self._only if name == self._only.name else None

    def __iter__(self):
        return iter([self._only])


def opening(rig, networks=None):
    parts = rig.bridge.parts
    matrix = parts.matrix
    return Opening(
        networks=networks or parts.networks,
        portals=parts.portals,
        owners=parts.owners,
        members=matrix.members,
        intents=parts.intents,
        namespaces=rig.config.namespaces,
        clock=rig.clock,
        with_room=matrix.rooms.linking.with_room,
        consent=Consent(parts.owners, Permissions(rig.permissions)),
        learning=Learning(parts.portals, matrix.ghosts, parts.intents, rig.clock),
    )


async def test_a_direct_chat_is_started_by_a_name_and_carries_both_ways(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    opened = await opening(rig).start(ALICE, NETWORK, "bob")
    assert opened.made
    room = rig.hs.world.rooms[opened.room]
    assert room.membership(ALICE) == "invite"
    assert room.membership("@loop_bob:example.org") == "join"
    await alice.join(opened.room)
    await alice.say(opened.room, "hello bob")
    await rig.network.wait(lambda: "hello bob" in rig.network.texts("bob"))
    (login,) = [client.login.id for client in rig.network.clients.values() if client.me == "alice"]
    await rig.network.say("bob", "bob", "hello alice", id="b1", to=login)
    await alice.wait_for(opened.room, lambda event: event["content"].get("body") == "hello alice")


@pytest.mark.parametrize("whom", ["bob", "BOB", "@loop_bob:example.org"])
async def test_the_same_person_by_any_name_is_the_same_chat(rig, whom):
    await rig.start()
    rig.hs.person("alice")
    first = await opening(rig).start(ALICE, NETWORK, "bob")
    again = await opening(rig).start(ALICE, NETWORK, whom)
    assert (again.room, again.made) == (first.room, False)
    assert rig.hs.requests[CREATE] == 2  # with that of the link


async def test_a_name_that_nobody_can_have_is_refused_and_makes_nothing(rig):
    rig.links = ()
    await rig.start()
    rig.hs.person("alice")
    with pytest.raises(Rejected, match="Nobody on loop can be called so"):
        await opening(rig).start(ALICE, NETWORK, "#nobody")
    assert rig.hs.requests[CREATE] == 0


async def test_who_can_have_no_login_starts_no_chat(rig):
    rig.permissions[ALICE] = Level.RELAY
    await rig.start()
    rig.hs.person("alice")
    with pytest.raises(Rejected, match="You have no login on loop"):
        await opening(rig).start(ALICE, NETWORK, "bob")


async def test_a_channel_is_opened_by_its_name_with_or_without_its_sign(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    opened = await opening(rig).open(ALICE, NETWORK, "new")
    assert opened.made
    await alice.join(opened.room)
    await both_ways(rig, alice, opened.room, "#new")
    assert (await opening(rig).open(ALICE, NETWORK, "#new")).room == opened.room


async def test_a_closed_channel_is_opened_for_who_is_in_it_over_there_and_for_admins(rig):
    rig.network.lists_members = True
    rig.network.chat("#secret").info = ChatInfo(by_invitation=True)
    await rig.start()
    rig.hs.person("alice")
    await opening(rig).start(ALICE, NETWORK, "bob")
    await rig.network.wait(lambda: any(one.me == "alice" for one in rig.network.clients.values()))
    with pytest.raises(Rejected, match="for people who were invited"):
        await opening(rig).open(ALICE, NETWORK, "#secret")
    rig.network.chat("#secret").members[RemoteUserID("alice")] = Rank.MEMBER
    assert (await opening(rig).open(ALICE, NETWORK, "#secret")).room
    rig.network.chat("#secret").members.clear()
    rig.permissions[ALICE] = Level.ADMIN
    assert (await opening(rig).open(ALICE, NETWORK, "#secret")).room


async def test_somebodys_direct_chat_is_opened_for_no_stranger(rig):
    rig.network.lists_members = True
    rig.network.chat("#bobs").info = ChatInfo(direct=True)
    await rig.start()
    rig.hs.person("alice")
    with pytest.raises(Rejected, match="for people who were invited"):
        await opening(rig).open(ALICE, NETWORK, "#bobs")
    assert await rig.bridge.parts.portals.find(PortalKey(NETWORK, ChatID("#bobs"))) is None
    rig.permissions[ALICE] = Level.ADMIN
    opened = await opening(rig).open(ALICE, NETWORK, "#bobs")
    with pytest.raises(Rejected, match="for people who were invited"):
        await opening(rig).open(UserID("@mallory:example.org"), NETWORK, "#bobs")
    assert rig.hs.world.rooms[opened.room].membership("@mallory:example.org") is None


async def test_a_channel_that_has_a_room_invites_whoever_opens_it(rig):
    await rig.start()
    await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases)
    rig.hs.person("alice")
    opened = await opening(rig).open(ALICE, NETWORK, "#room")
    assert not opened.made
    assert rig.hs.world.rooms[opened.room].membership(ALICE) == "invite"


async def test_a_chat_is_made_on_the_network_with_its_people_and_its_room(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    await opening(rig).start(ALICE, NETWORK, "bob")
    await rig.network.wait(lambda: any(one.me == "alice" for one in rig.network.clients.values()))
    opened = await opening(rig).create(ALICE, NETWORK, "Tea", ["@loop_bob:example.org", "carol"])
    room = rig.hs.world.rooms[opened.room]
    assert room.content("m.room.name")["name"] == "Tea"
    (made,) = [chat for chat, _ in rig.network.transcripts if chat.startswith("#made")]
    assert {"alice", "bob", "carol"} == set(rig.network.chat(made).members)
    await alice.join(opened.room)
    await both_ways(rig, alice, opened.room, made)


async def test_a_network_without_new_chats_says_so(rig):
    rig.network.lacks = frozenset({SupportsCreate})
    await rig.start()
    rig.hs.person("alice")
    await opening(rig).start(ALICE, NETWORK, "bob")
    await rig.network.wait(lambda: any(one.me == "alice" for one in rig.network.clients.values()))
    with pytest.raises(Rejected, match="cannot be made from here"):
        await opening(rig).create(ALICE, NETWORK, "Tea")


async def connected(rig):
    """Alice, with a login of her own that is connected."""
    await rig.start()
    rig.hs.person("alice")
    await opening(rig).start(ALICE, NETWORK, "bob")
    await rig.network.wait(lambda: any(one.me == "alice" for one in rig.network.clients.values()))
    return One(rig.bridge.parts.networks.get(NETWORK))


async def test_where_names_follow_no_rules_the_network_is_asked_whom_one_means(rig):
    network = await connected(rig)
    opened = await opening(rig, network).start(ALICE, NETWORK, "carol")
    room = rig.hs.world.rooms[opened.room]
    assert room.membership("@loop_carol:example.org") == "join"
    rig.network.strangers.add("nobody")
    with pytest.raises(Rejected):
        await opening(rig, network).start(ALICE, NETWORK, "nobody")


@pytest.mark.parametrize("tells", [True, False])
async def test_a_direct_chat_with_an_id_of_its_own_is_with_whom_its_network_says(
    rig, monkeypatch, tells
):
    network = await connected(rig)
    (client,) = [one for one in rig.network.clients.values() if one.me == "alice"]

    async def resolve(*_: object) -> Chat:
        return Chat(ChatID("D7"), private=True)

    async def chat_info(*_: object) -> ChatInfo:
        if not tells:
            raise Rejected("That is nobody's business.")
        return ChatInfo(direct=True, other=RemoteUserID("carol"))

    monkeypatch.setattr(type(client), "resolve", resolve)
    monkeypatch.setattr(type(client), "chat_info", chat_info)
    opened = await opening(rig, network).start(ALICE, NETWORK, "carol")
    there = set(rig.hs.world.rooms[opened.room].members())
    assert there - {"@bridgebot:example.org"} == ({"@loop_carol:example.org"} if tells else set())


async def test_where_nobody_can_be_looked_up_that_is_said(rig):
    rig.network.lacks = frozenset({SupportsContacts})
    network = await connected(rig)
    with pytest.raises(Rejected, match="let them write first"):
        await opening(rig, network).start(ALICE, NETWORK, "carol")


async def test_a_login_that_is_not_connected_is_said(rig):
    network = await connected(rig)
    entries = rig.bridge.parts.networks.get(NETWORK).logins._entries
    (login,) = [one for one in entries if not one.endswith(":bot")]
    entries[login].client = None
    with pytest.raises(Rejected, match="is not connected now"):
        await opening(rig, network).start(ALICE, NETWORK, "carol")


async def test_a_network_that_is_none_is_named_with_those_that_are(rig):
    await rig.start()
    with pytest.raises(Rejected, match="There is no such network; there are: loop"):
        await opening(rig).start(ALICE, NetworkName("other"), "bob")


@pytest.fixture
def hanging(monkeypatch):
    """The network answers nothing that is asked of it."""

    async def never(*_: object) -> None:
        await asyncio.get_running_loop().create_future()

    def hangs(rig, *names):
        for client in rig.network.clients.values():
            for name in names:
                monkeypatch.setattr(type(client), name, never)
        monkeypatch.setattr("bridgekit.commands.clients.PATIENCE", 0.0)

    return hangs


async def test_a_network_that_does_not_say_whom_one_means_holds_nobody_up(rig, hanging):
    network = await connected(rig)
    hanging(rig, "resolve")
    with pytest.raises(RetryLater, match="loop takes too long to answer"):
        await opening(rig, network).start(ALICE, NETWORK, "carol")


async def test_of_a_chat_that_is_perhaps_made_that_is_said(rig, hanging):
    await connected(rig)
    hanging(rig, "create")
    with pytest.raises(Rejected, match="loop does not answer, so it may be done or not"):
        await opening(rig).create(ALICE, NETWORK, "Tea")


async def test_a_chat_that_is_made_and_gets_no_room_yet_is_not_to_be_made_again(rig, monkeypatch):
    await connected(rig)

    async def down(*_: object) -> None:
        raise RetryLater("The homeserver cannot be reached")

    with monkeypatch.context() as away:
        away.setattr(rig.bridge.parts.intents, "create_room", down)
        with pytest.raises(Rejected, match="The chat is made on loop") as told:
            await opening(rig).create(ALICE, NETWORK, "Tea")
    (made,) = [chat for chat, _ in rig.network.transcripts if chat.startswith("#made")]
    assert f"`open loop {made}` makes one" in str(told.value)
    assert (await opening(rig).open(ALICE, NETWORK, made)).made
